import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { RawStream } from './raw-stream.ts'
import type { RawLine } from './raw-peer.ts'

/** Types in the upper half of the first byte (BEP 29). */
export const TYPE = { data: 0, fin: 1, state: 2, reset: 3, syn: 4 } as const

/** A datagram, cut by hand. */
export interface RawPacket {
  readonly type: number
  readonly version: number
  readonly extension: number
  readonly connectionId: number
  readonly window: number
  readonly sequence: number
  readonly acknowledged: number
  /** Behind the 20 bytes of the header. */
  readonly rest: Buffer
}

/** A uTP connection by hand: it acknowledges what comes in order, sends each thing once, and resends nothing. */
export interface RawUtp extends RawLine {
  readonly packets: readonly RawPacket[]
  /** The id of our SYN; packets to us carry it. */
  readonly connectionId: number
  /** The number of our last packet. */
  readonly sequence: () => number
}

export async function rawUtp(port: number): Promise<RawUtp> {
  const socket = createSocket('udp4')
  const seen = new RawStream()
  const packets: RawPacket[] = []
  const wakers = new Set<() => void>()
  const connectionId = 4321
  let sequence = 1
  let expected: number | undefined
  const waiting: Uint8Array[] = []
  const say = (type: number, id: number, payload: Uint8Array = Buffer.alloc(0), sent?: () => void) => {
    const header = Buffer.alloc(20)
    header[0] = (type << 4) | 1
    header.writeUInt16BE(id, 2)
    header.writeUInt32BE(1 << 20, 12)
    header.writeUInt16BE(sequence, 16)
    header.writeUInt16BE(((expected ?? 1) - 1) & 0xffff, 18)
    socket.send(Buffer.concat([header, payload]), port, '127.0.0.1', sent)
  }
  const send = (payload: Uint8Array) => {
    sequence++
    say(TYPE.data, connectionId + 1, payload)
  }
  const take = (packet: RawPacket) => {
    packets.push(packet)
    // the first data carries the number of the answer to the SYN
    if (packet.type === TYPE.state) expected ??= packet.sequence
    if (packet.type === TYPE.reset) seen.end = 'rst'
    if ((packet.type === TYPE.data || packet.type === TYPE.fin) && packet.sequence === expected) {
      expected = (expected + 1) & 0xffff
      if (packet.type === TYPE.fin) seen.end = 'fin'
      else if (packet.extension === 0) seen.push(packet.rest)
    }
    if (packet.type !== TYPE.state && packet.type !== TYPE.reset) say(TYPE.state, connectionId + 1)
    if (expected !== undefined) for (const payload of waiting.splice(0)) send(payload)
    for (const waker of wakers) waker()
    wakers.clear()
  }
  socket.on('message', (datagram) => take(cut(datagram)))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  say(TYPE.syn, connectionId)
  return {
    seen,
    packets,
    connectionId,
    sequence: () => sequence,
    // nothing is accepted before the SYN was answered
    send: (payload) => (expected === undefined ? void waiting.push(payload) : send(payload)),
    changed: () => new Promise((resolve) => wakers.add(resolve)),
    // a peer that hears nothing would keep the connection, and its slot
    close: () => say(TYPE.reset, connectionId + 1, undefined, () => socket.close()),
  }
}

function cut(bytes: Buffer): RawPacket {
  return {
    type: (bytes[0] as number) >> 4,
    version: (bytes[0] as number) & 15,
    extension: bytes[1] as number,
    connectionId: bytes.readUInt16BE(2),
    window: bytes.readUInt32BE(12),
    sequence: bytes.readUInt16BE(16),
    acknowledged: bytes.readUInt16BE(18),
    rest: bytes.subarray(20),
  }
}
