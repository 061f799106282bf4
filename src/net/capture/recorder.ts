import { CaptureWriter } from '../../session/capture/capture-writer.ts'
import type { WriteBlocks } from '../../session/capture/packet-slab.ts'
import type { Clock } from '../clock.ts'
import type { Transport } from '../transport.ts'
import type { CapturePort } from './tap.ts'

/** Where a capture goes, and what its times count from. */
export interface RecorderOptions {
  readonly clock: Pick<Clock, 'now'>
  /** The time of day at which the clock is read now, in milliseconds since the Unix epoch. */
  readonly epochMs: number
  /** Takes the bytes of the file in order; must not wait. */
  readonly write: WriteBlocks
}

/** An observer that writes a capture. */
export interface CaptureRecorder extends CapturePort {
  /** Writes what is held back until the rest of a message comes: nothing follows. */
  end(): void
}

/** Writes every connection that it observes as packets of a pcapng file. */
export function recordCapture({ clock, epochMs, write }: RecorderOptions): CaptureRecorder {
  const offset = epochMs - clock.now()
  let lastAt = Number.NEGATIVE_INFINITY
  const now = () => (lastAt = clock.now() + offset)
  // a packet that is written late must not come before those that were written in the meantime
  const earlier = (at: number) => Math.max(lastAt, at + offset)
  const writer = new CaptureWriter(write)
  return {
    end: () => writer.end(now()),
    notOpened: ({ kind, local, remote, dialledAt, answer, reason }) => {
      const connection = {
        transport: transportOf(kind),
        ends: { local, remote },
        initiator: 'local',
      } as const
      writer.notOpened(earlier(dialledAt), now(), connection, { answer, reason })
    },
    open: ({ kind, local, remote }, initiator, dialledAt) => {
      const begunAt = dialledAt === undefined ? now() : earlier(dialledAt)
      const connection = writer.open(
        now(),
        {
          transport: transportOf(kind),
          ends: { local, remote },
          initiator: initiator === 'us' ? 'local' : 'remote',
        },
        begunAt,
      )
      return {
        encrypted: (encryption) => connection.encrypted(encryption),
        notEncrypted: (end) => connection.notEncrypted(now(), end),
        sent: (bytes) => connection.data(now(), 'local', bytes),
        received: (bytes) => connection.data(now(), 'remote', bytes),
        remark: (offset, text) => connection.remark('remote', offset, text),
        closed: (end) => connection.closed(now(), end),
      }
    },
  }
}

function transportOf(kind: Transport['kind']): 'tcp' | 'utp' {
  return kind === 'utp' ? 'utp' : 'tcp'
}
