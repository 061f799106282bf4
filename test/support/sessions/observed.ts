import { concat } from '../../../src/base/bytes.ts'
import { CaptureWriter, type ConnectionWriter } from '../../../src/session/capture/capture-writer.ts'
import type { CaptureEnds, Side } from '../../../src/session/capture/frame-writer.ts'
import { ConnectionTable } from '../../../src/session/observe/connection-table.ts'
import type { ObservedConnection } from '../../../src/session/observe/connection.ts'
import type { CapturedPacket } from '../../../src/wire/capture/packet.ts'
import { readCapture } from '../captures/capture-files.ts'
import { StreamRecorder } from '../utp/stream-recorder.ts'

export const CAPTURE_ENDS: CaptureEnds = {
  local: { address: '192.0.2.1', port: 50_000 },
  remote: { address: '198.51.100.9', port: 6881 },
}

export interface WrittenConnection {
  readonly transport?: 'tcp' | 'utp'
  readonly ends?: CaptureEnds
  readonly initiator?: Side
}

type Act = (open: (options?: WrittenConnection) => ConnectionWriter) => void

/** The packets of connections as our own writer makes them. */
export function packetsOf(act: Act): readonly CapturedPacket[] {
  return readCapture([captureOf(act)])
}

/** A pcapng file of connections. */
export function captureOf(act: Act): Uint8Array {
  const blocks: Uint8Array[] = []
  const writer = new CaptureWriter((block) => blocks.push(block))
  act(({ transport = 'tcp', ends = CAPTURE_ENDS, initiator = 'local' } = {}) =>
    writer.open(1000, { transport, ends, initiator }),
  )
  return concat(blocks)
}

export interface Observed {
  readonly connection: ObservedConnection
  readonly initiator: StreamRecorder
  readonly responder: StreamRecorder
  readonly closed: unknown[]
}

/** What a table finds in packets. */
export function observe(packets: readonly CapturedPacket[]): {
  readonly table: ConnectionTable
  readonly found: readonly Observed[]
} {
  const found: Observed[] = []
  const table = new ConnectionTable((connection) => {
    const [initiator, responder] = [new StreamRecorder(), new StreamRecorder()]
    const closed: unknown[] = []
    found.push({ connection, initiator, responder, closed })
    return {
      streams: { initiator, responder },
      accepted: () => undefined,
      closed: (at, by, kind) => void closed.push([at, by, kind]),
    }
  })
  for (const packet of packets) table.packet(packet)
  table.end()
  return { table, found }
}
