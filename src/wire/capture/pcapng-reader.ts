import { decodeUtf8 } from '../../base/bytes.ts'
import {
  MAX_CAPTURE_BLOCK_LENGTH,
  MAX_CAPTURE_INTERFACES,
  MAX_CAPTURED_PACKET_LENGTH,
} from '../../base/limits.ts'
import { BIG_ENDIAN, type ByteOrder, LITTLE_ENDIAN } from './byte-order.ts'
import type { ByteWindow } from './byte-window.ts'
import { badCapture } from './error.ts'
import type { CaptureFormat, PacketSink } from './packet.ts'
import {
  BLOCK,
  BLOCK_HEADER_LENGTH,
  BLOCK_OVERHEAD,
  BYTE_ORDER_MAGIC,
  OPTION,
  padded,
} from './pcapng-blocks.ts'

/** What the packets of an interface have in common. */
interface CaptureInterface {
  readonly linkType: number
  /** Longest packet that is captured whole; 0 for no limit. */
  readonly snapLength: number
  readonly unitsPerMs: number
  /** Added to each time, in milliseconds. */
  readonly timeOffsetMs: number
}

/** A whole block. */
interface Block {
  readonly type: number
  readonly body: Uint8Array
  /** Position in the file of the block, and of its body. */
  readonly offset: number
  readonly bodyOffset: number
}

/** Bytes of a body before the packet or the options. */
const SECTION_FIXED = 16
const INTERFACE_FIXED = 8
const PACKET_FIXED = 20
const SIMPLE_PACKET_FIXED = 4

const MICROSECONDS = 1_000

const NO_COMMENTS: readonly string[] = []

/** The format of Wireshark: sections, each with its byte order and its interfaces. Blocks that are of no use here are skipped. */
export class PcapngReader implements CaptureFormat {
  readonly #window: ByteWindow
  readonly #sink: PacketSink
  #order: ByteOrder = LITTLE_ENDIAN
  #interfaces: CaptureInterface[] = []

  constructor(window: ByteWindow, sink: PacketSink) {
    this.#window = window
    this.#sink = sink
  }

  next(): boolean {
    const { offset } = this.#window
    const start = this.#window.peek(BLOCK_HEADER_LENGTH + 4)
    if (start === undefined) return false
    // its type reads the same in both orders
    const isSection = BIG_ENDIAN.uint32(start, 0) === BLOCK.section
    if (isSection) this.#order = byteOrder(start, offset)
    const length = this.#order.uint32(start, 4)
    const least = BLOCK_OVERHEAD + (isSection ? SECTION_FIXED : 0)
    if (length < least || length % 4 !== 0 || length > MAX_CAPTURE_BLOCK_LENGTH)
      throw badCapture(`a block cannot have ${length} bytes`, offset + 4)
    const bytes = this.#window.peek(length)
    if (bytes === undefined) return false
    if (this.#order.uint32(bytes, length - 4) !== length)
      throw badCapture('the length at the end of a block is not that at its begin', offset + length - 4)
    this.#window.drop(length)
    this.#take({
      type: this.#order.uint32(bytes, 0),
      body: bytes.subarray(BLOCK_HEADER_LENGTH, length - 4),
      offset,
      bodyOffset: offset + BLOCK_HEADER_LENGTH,
    })
    return true
  }

  #take(block: Block): void {
    switch (block.type) {
      case BLOCK.section:
        return this.#section(block)
      case BLOCK.interface:
        return this.#interface(block)
      case BLOCK.enhancedPacket:
        return this.#packet(block, (body) => this.#order.uint32(body, 0))
      case BLOCK.packet:
        return this.#packet(block, (body) => this.#order.uint16(body, 0))
      case BLOCK.simplePacket:
        return this.#simplePacket(block)
      default:
    }
  }

  #section({ body, bodyOffset }: Block): void {
    const major = this.#order.uint16(body, 4)
    if (major !== 1) throw badCapture(`pcapng version ${major} is unknown`, bodyOffset + 4)
    this.#interfaces = []
  }

  #interface({ body, bodyOffset, offset }: Block): void {
    if (body.length < INTERFACE_FIXED)
      throw badCapture('the description of an interface is too short', offset)
    if (this.#interfaces.length === MAX_CAPTURE_INTERFACES)
      throw badCapture(`more than ${MAX_CAPTURE_INTERFACES} interfaces`, offset)
    let unitsPerMs = MICROSECONDS
    let timeOffsetMs = 0
    for (const { code, value } of this.#options(
      body.subarray(INTERFACE_FIXED),
      bodyOffset + INTERFACE_FIXED,
    )) {
      if (code === OPTION.timeResolution && value.length > 0) unitsPerMs = resolution(value[0] as number)
      if (code === OPTION.timeOffset && value.length === 8) timeOffsetMs = this.#seconds(value) * 1000
    }
    this.#interfaces.push({
      linkType: this.#order.uint16(body, 0),
      snapLength: this.#order.uint32(body, 4),
      unitsPerMs,
      timeOffsetMs,
    })
  }

  *#options(
    bytes: Uint8Array,
    offset: number,
  ): Generator<{ readonly code: number; readonly value: Uint8Array }> {
    for (let at = 0; at + 4 <= bytes.length;) {
      const code = this.#order.uint16(bytes, at)
      const length = this.#order.uint16(bytes, at + 2)
      if (code === OPTION.end) return
      if (at + 4 + length > bytes.length) throw badCapture('an option is longer than its block', offset + at)
      yield { code, value: bytes.subarray(at + 4, at + 4 + length) }
      at += 4 + padded(length)
    }
  }

  /** A signed number of seconds in 64 bits. */
  #seconds(value: Uint8Array): number {
    const [high, low] = this.#order === BIG_ENDIAN ? [0, 4] : [4, 0]
    return (this.#order.uint32(value, high) | 0) * 2 ** 32 + this.#order.uint32(value, low)
  }

  #packet({ body, offset, bodyOffset }: Block, interfaceOf: (body: Uint8Array) => number): void {
    if (body.length < PACKET_FIXED) throw badCapture('a packet block is too short', offset)
    const interfaceId = interfaceOf(body)
    const { linkType, unitsPerMs, timeOffsetMs } = this.#interfaceOf(interfaceId, bodyOffset)
    const units = this.#order.uint32(body, 4) * 2 ** 32 + this.#order.uint32(body, 8)
    const length = this.#order.uint32(body, 12)
    const originalLength = this.#order.uint32(body, 16)
    if (length > body.length - PACKET_FIXED || length > MAX_CAPTURED_PACKET_LENGTH)
      throw badCapture(`a packet of ${length} bytes is longer than its block allows`, bodyOffset + 12)
    this.#sink({
      at: units / unitsPerMs + timeOffsetMs,
      interfaceId,
      linkType,
      bytes: body.subarray(PACKET_FIXED, PACKET_FIXED + length),
      originalLength: Math.max(length, originalLength),
      comments: this.#comments(body.subarray(PACKET_FIXED + padded(length))),
      offset,
    })
  }

  /** @param options of a packet; a packet can be read without them, so what is wrong with them is left out */
  #comments(options: Uint8Array): readonly string[] {
    if (options.length === 0) return NO_COMMENTS
    const comments: string[] = []
    for (let at = 0; at + 4 <= options.length;) {
      const code = this.#order.uint16(options, at)
      const length = this.#order.uint16(options, at + 2)
      if (code === OPTION.end || at + 4 + length > options.length) break
      const text = code === OPTION.comment ? decodeUtf8(options.subarray(at + 4, at + 4 + length)) : undefined
      if (text !== undefined) comments.push(text)
      at += 4 + padded(length)
    }
    return comments
  }

  #simplePacket({ body, offset, bodyOffset }: Block): void {
    if (body.length < SIMPLE_PACKET_FIXED) throw badCapture('a packet block is too short', offset)
    const { linkType, snapLength } = this.#interfaceOf(0, bodyOffset)
    const originalLength = this.#order.uint32(body, 0)
    const most = snapLength === 0 ? originalLength : Math.min(snapLength, originalLength)
    const length = Math.min(most, body.length - SIMPLE_PACKET_FIXED)
    if (length > MAX_CAPTURED_PACKET_LENGTH)
      throw badCapture(
        `a packet of ${length} bytes, more than the ${MAX_CAPTURED_PACKET_LENGTH} allowed`,
        bodyOffset,
      )
    this.#sink({
      at: undefined,
      interfaceId: 0,
      linkType,
      bytes: body.subarray(SIMPLE_PACKET_FIXED, SIMPLE_PACKET_FIXED + length),
      originalLength,
      offset,
    })
  }

  #interfaceOf(id: number, offset: number): CaptureInterface {
    const found = this.#interfaces[id]
    if (found === undefined) throw badCapture(`a packet of interface ${id}, which is not described`, offset)
    return found
  }
}

function byteOrder(start: Uint8Array, offset: number): ByteOrder {
  for (const order of [LITTLE_ENDIAN, BIG_ENDIAN])
    if (order.uint32(start, BLOCK_HEADER_LENGTH) === BYTE_ORDER_MAGIC) return order
  throw badCapture('a section without its byte-order mark', offset + BLOCK_HEADER_LENGTH)
}

/** Time units per millisecond. */
function resolution(value: number): number {
  const exponent = value & 0x7f
  return (value & 0x80 ? 2 : 10) ** exponent / 1000
}
