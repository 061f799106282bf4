import { concat, copyBytes, encodeUtf8 } from '../../../src/base/bytes.ts'
import type { CapturedPacket } from '../../../src/wire/capture/packet.ts'
import { CaptureReader } from '../../../src/wire/capture/reader.ts'

/** Capture files made byte by byte, and read back. */

/** Writes numbers in one byte order. */
export interface NumberWriter {
  readonly u16: (...values: readonly number[]) => Uint8Array
  readonly u32: (...values: readonly number[]) => Uint8Array
}

function writer(littleEndian: boolean): NumberWriter {
  return {
    u16: (...values) => {
      const view = new DataView(new ArrayBuffer(2 * values.length))
      for (const [i, value] of values.entries()) view.setUint16(2 * i, value, littleEndian)
      return new Uint8Array(view.buffer)
    },
    u32: (...values) => {
      const view = new DataView(new ArrayBuffer(4 * values.length))
      for (const [i, value] of values.entries()) view.setUint32(4 * i, value, littleEndian)
      return new Uint8Array(view.buffer)
    },
  }
}

export const ORDERS = { 'little-endian': writer(true), 'big-endian': writer(false) } as const

export interface PacketSpec {
  readonly seconds: number
  readonly fraction: number
  readonly bytes: Uint8Array
  readonly originalLength?: number
}

/** A pcap file; its fractions are nanoseconds with that magic. */
export function pcapFile(
  { u16, u32 }: NumberWriter,
  { magic = 0xa1b2c3d4, linkType = 1 },
  packets: readonly PacketSpec[],
): Uint8Array {
  return concat([
    u32(magic),
    u16(2, 4),
    u32(0, 0, 262_144, linkType),
    ...packets.flatMap(({ seconds, fraction, bytes, originalLength = bytes.length }) => [
      u32(seconds, fraction, bytes.length, originalLength),
      bytes,
    ]),
  ])
}

const pad = (bytes: Uint8Array): Uint8Array => concat([bytes, new Uint8Array(-bytes.length & 3)])

export function pcapngBlock({ u32 }: NumberWriter, type: number, body: Uint8Array): Uint8Array {
  const length = 12 + pad(body).length
  return concat([u32(type, length), pad(body), u32(length)])
}

export function sectionBlock(order: NumberWriter): Uint8Array {
  const body = concat([order.u32(0x1a2b3c4d), order.u16(1, 0), order.u32(0xffffffff, 0xffffffff)])
  return pcapngBlock(order, 0x0a0d0d0a, body)
}

/** An option of a block; number 0 ends them. */
export function option(
  { u16 }: NumberWriter,
  code: number,
  value: Uint8Array = new Uint8Array(),
): Uint8Array {
  return concat([u16(code, value.length), pad(value)])
}

export function interfaceBlock(
  order: NumberWriter,
  linkType = 1,
  { snapLength = 0, options = [] as readonly Uint8Array[] } = {},
): Uint8Array {
  return pcapngBlock(order, 1, concat([order.u16(linkType, 0), order.u32(snapLength), ...options]))
}

/** An enhanced packet block. */
export function packetBlock(
  order: NumberWriter,
  { id = 0, units = 0n, originalLength = undefined as number | undefined },
  bytes: Uint8Array,
): Uint8Array {
  const high = Number(units >> 32n)
  const low = Number(units & 0xffffffffn)
  const fixed = order.u32(id, high, low, bytes.length, originalLength ?? bytes.length)
  const comment = concat([option(order, 1, encodeUtf8('a remark')), option(order, 0)])
  return pcapngBlock(order, 6, concat([fixed, pad(bytes), comment]))
}

export function simplePacketBlock(
  order: NumberWriter,
  originalLength: number,
  bytes: Uint8Array,
): Uint8Array {
  return pcapngBlock(order, 3, concat([order.u32(originalLength), bytes]))
}

/**
 * The packets of a file that comes in chunks, with bytes of their own; throws what the reader throws.
 * @param onPacket also takes those before an error
 */
export function readCapture(
  chunks: readonly Uint8Array[],
  onPacket?: (packet: CapturedPacket) => void,
): readonly CapturedPacket[] {
  const packets: CapturedPacket[] = []
  const reader = new CaptureReader((packet) => {
    const owned = { ...packet, bytes: copyBytes(packet.bytes) }
    packets.push(owned)
    onPacket?.(owned)
  })
  for (const chunk of chunks) {
    // overwritten after the call, as a reader of a file reuses its buffer
    const borrowed = copyBytes(chunk)
    reader.push(borrowed)
    borrowed.fill(0xee)
  }
  reader.end()
  return packets
}

/** A pcapng file of ours without some of its packet blocks, counted from 0. */
export function withoutPackets(bytes: Uint8Array, isLeftOut: (index: number) => boolean): Uint8Array {
  const kept: number[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  let index = 0
  for (let at = 0; at < bytes.length; at += view.getUint32(at + 4, true)) {
    const isPacket = view.getUint32(at, true) === 6
    if (!isPacket || !isLeftOut(index)) kept.push(...bytes.subarray(at, at + view.getUint32(at + 4, true)))
    if (isPacket) index++
  }
  return Uint8Array.from(kept)
}
