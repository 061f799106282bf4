import { MAX_CAPTURED_PACKET_LENGTH } from '../../base/limits.ts'
import type { ByteOrder } from './byte-order.ts'
import type { ByteWindow } from './byte-window.ts'
import { badCapture } from './error.ts'
import type { CaptureFormat, PacketSink } from './packet.ts'

/** What the first four bytes of a pcap file say about it. */
export interface PcapVariant {
  readonly order: ByteOrder
  /** Fractions of a second in one millisecond. */
  readonly unitsPerMs: 1_000 | 1_000_000
}

const FILE_HEADER_LENGTH = 24
const RECORD_HEADER_LENGTH = 16

/** The link type is in the lower half of its field; the upper half describes the frame check sequence. */
const LINK_TYPE_MASK = 0xffff

/**
 * The classic format of tcpdump.
 * @see https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html
 */
export class PcapReader implements CaptureFormat {
  readonly #window: ByteWindow
  readonly #variant: PcapVariant
  readonly #sink: PacketSink
  #linkType: number | undefined

  constructor(window: ByteWindow, variant: PcapVariant, sink: PacketSink) {
    this.#window = window
    this.#variant = variant
    this.#sink = sink
  }

  next(): boolean {
    return this.#linkType === undefined ? this.#header() : this.#record(this.#linkType)
  }

  #header(): boolean {
    const { order } = this.#variant
    const header = this.#window.peek(FILE_HEADER_LENGTH)
    if (header === undefined) return false
    const version = order.uint16(header, 4)
    if (version !== 2) throw badCapture(`pcap version ${version} is unknown`, 4)
    this.#linkType = order.uint32(header, 20) & LINK_TYPE_MASK
    this.#window.drop(FILE_HEADER_LENGTH)
    return true
  }

  #record(linkType: number): boolean {
    const { order, unitsPerMs } = this.#variant
    const { offset } = this.#window
    const header = this.#window.peek(RECORD_HEADER_LENGTH)
    if (header === undefined) return false
    const seconds = order.uint32(header, 0)
    const fraction = order.uint32(header, 4)
    const length = order.uint32(header, 8)
    const originalLength = order.uint32(header, 12)
    if (length > MAX_CAPTURED_PACKET_LENGTH)
      throw badCapture(
        `a packet of ${length} bytes, more than the ${MAX_CAPTURED_PACKET_LENGTH} allowed`,
        offset + 8,
      )
    const record = this.#window.peek(RECORD_HEADER_LENGTH + length)
    if (record === undefined) return false
    this.#window.drop(record.length)
    this.#sink({
      at: seconds * 1000 + fraction / unitsPerMs,
      interfaceId: 0,
      linkType,
      bytes: record.subarray(RECORD_HEADER_LENGTH),
      originalLength: Math.max(length, originalLength),
      offset,
    })
    return true
  }
}
