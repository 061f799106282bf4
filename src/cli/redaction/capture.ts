import type { CaptureRecorder } from '../../net/capture/recorder.ts'
import type { ConnectionTap } from '../../net/capture/tap.ts'
import type { Endpoint } from '../../net/transport.ts'
import type { Redactor } from '../../report/redact/redactor.ts'
import type { StreamRedactor } from '../../report/redact/stream.ts'

/** Passes on what the redactor leaves of each connection. */
export function redactedCapture(recorder: CaptureRecorder, redactor: Redactor): CaptureRecorder {
  /** What is held back of connections that are open. */
  const held = new Set<() => void>()
  return {
    notOpened: ({ local, remote, ...how }) =>
      recorder.notOpened?.({
        ...how,
        local: redactedEnd(local, redactor),
        remote: redactedEnd(remote, redactor),
      }),
    open: ({ kind, local, remote }, initiator, dialledAt) => {
      const ends = { kind, local: redactedEnd(local, redactor), remote: redactedEnd(remote, redactor) }
      const tap = recorder.open(ends, initiator, dialledAt)
      const { local: ours, remote: theirs } = redactor.connection()
      const sent = writerOf(ours, (bytes) => tap.sent(bytes))
      const received = writerOf(theirs, (bytes) => tap.received(bytes))
      const flush = () => {
        sent.end()
        received.end()
      }
      held.add(flush)
      return {
        encrypted: (encryption) => tap.encrypted(encryption),
        notEncrypted: (end) => tap.notEncrypted(end),
        sent: sent.push,
        received: received.push,
        // every byte stays in its place
        remark: (offset, text) => tap.remark(offset, redactor.sentence(text)),
        closed: (end) => {
          flush()
          held.delete(flush)
          tap.closed(end)
        },
      } satisfies ConnectionTap
    },
    end: () => {
      for (const flush of held) flush()
      recorder.end()
    },
  }
}

function redactedEnd(end: Endpoint, { pseudonyms }: Redactor): Endpoint {
  return { ...end, address: pseudonyms.host(end.address) }
}

function writerOf(stream: StreamRedactor, write: (bytes: Uint8Array) => void) {
  const writeSome = (bytes: Uint8Array) => {
    if (bytes.length > 0) write(bytes)
  }
  return {
    push: (bytes: Uint8Array) => writeSome(stream.push(bytes)),
    end: () => writeSome(stream.end()),
  }
}
