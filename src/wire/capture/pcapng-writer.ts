import { encodeUtf8 } from '../../base/bytes.ts'
import { PacketMemory } from '../network/packet-memory.ts'
import {
  BLOCK,
  BLOCK_HEADER_LENGTH,
  BLOCK_OVERHEAD,
  BYTE_ORDER_MAGIC,
  OPTION,
  padded,
} from './pcapng-blocks.ts'

/** What wrote a capture, and remarks on it. */
export interface SectionHeader {
  readonly comment: string
  /** Name and version of the program. */
  readonly application: string
}

/** Where packets were captured. */
export interface InterfaceDescription {
  readonly linkType: number
  readonly name: string
  readonly description: string
}

/** A packet that was captured whole. */
export interface EnhancedPacket {
  /** In milliseconds since the Unix epoch. */
  readonly at: number
  readonly bytes: Uint8Array
  /** Remarks on the packet, each an option of its own. */
  readonly comments?: readonly string[]
}

/** Times are written in microseconds, which is what readers expect that do not know the option. */
const MICROSECONDS_EXPONENT = 6
const SECTION_LENGTH_UNKNOWN = 0xffffffff

/** The first block of a file. All blocks are little-endian. */
export function encodeSectionHeader({ comment, application }: SectionHeader): Uint8Array {
  return encodeBlock(
    BLOCK.section,
    16,
    textOptions([
      [OPTION.comment, comment],
      [OPTION.sectionApplication, application],
    ]),
    (body) => {
      body.setUint32(0, BYTE_ORDER_MAGIC, true)
      body.setUint16(4, 1, true)
      body.setUint16(6, 0, true)
      body.setUint32(8, SECTION_LENGTH_UNKNOWN, true)
      body.setUint32(12, SECTION_LENGTH_UNKNOWN, true)
    },
  )
}

/** The description of the next interface of a section; the first has the number 0. Packets are not cut. */
export function encodeInterfaceDescription({
  linkType,
  name,
  description,
}: InterfaceDescription): Uint8Array {
  const options: readonly Option[] = [
    ...textOptions([
      [OPTION.interfaceName, name],
      [OPTION.interfaceDescription, description],
    ]),
    { code: OPTION.timeResolution, value: Uint8Array.of(MICROSECONDS_EXPONENT) },
  ]
  return encodeBlock(BLOCK.interface, 8, options, (body) => {
    body.setUint16(0, linkType, true)
  })
}

/** A packet of interface 0. */
export function encodeEnhancedPacket({ at, bytes, comments = [] }: EnhancedPacket): Uint8Array {
  const memory = new PacketMemory(enhancedPacketLength(bytes.length, comments))
  memory.bytes.set(bytes, writeEnhancedPacket(memory, 0, { at, length: bytes.length, comments }))
  return memory.bytes
}

/** Length of what `writeEnhancedPacket` writes around a packet, together with it, in bytes. */
export function enhancedPacketLength(length: number, comments: readonly string[]): number {
  return blockLength(PACKET_FIELDS_LENGTH + padded(length), commentOptions(comments))
}

/** What a block says of its packet. */
interface PacketFrame extends Required<Omit<EnhancedPacket, 'bytes'>> {
  /** Of the packet, in bytes. */
  readonly length: number
}

/**
 * Writes the block of a packet without the packet, in memory that was not written before.
 * @returns where the packet is to be written
 */
export function writeEnhancedPacket(
  memory: PacketMemory,
  offset: number,
  { at, length, comments }: PacketFrame,
): number {
  const { view } = memory
  const microseconds = Math.round(at * 1000)
  const body = offset + BLOCK_HEADER_LENGTH
  writeBlock(
    memory,
    offset,
    BLOCK.enhancedPacket,
    PACKET_FIELDS_LENGTH + padded(length),
    commentOptions(comments),
  )
  view.setUint32(body + 4, Math.floor(microseconds / 2 ** 32), true)
  view.setUint32(body + 8, microseconds % 2 ** 32, true)
  view.setUint32(body + 12, length, true)
  view.setUint32(body + 16, length, true)
  return body + PACKET_FIELDS_LENGTH
}

/** The body of a packet block before the packet. */
const PACKET_FIELDS_LENGTH = 20

function commentOptions(comments: readonly string[]): readonly Option[] {
  return textOptions(comments.map((comment) => [OPTION.comment, comment]))
}

interface Option {
  readonly code: number
  readonly value: Uint8Array
}

/** Length of an option is a 16-bit number. */
const MAX_OPTION_LENGTH = 0xffff

function textOptions(texts: readonly (readonly [code: number, text: string])[]): readonly Option[] {
  return texts.map(([code, text]) => ({ code, value: encodeUtf8(text).subarray(0, MAX_OPTION_LENGTH) }))
}

/**
 * @param fixedLength of the body before the options, a multiple of 4
 * @param fill writes it
 */
function encodeBlock(
  type: number,
  fixedLength: number,
  options: readonly Option[],
  fill: (body: DataView) => void,
): Uint8Array {
  const memory = new PacketMemory(blockLength(fixedLength, options))
  writeBlock(memory, 0, type, fixedLength, options)
  fill(new DataView(memory.bytes.buffer, BLOCK_HEADER_LENGTH))
  return memory.bytes
}

function blockLength(fixedLength: number, options: readonly Option[]): number {
  const length = BLOCK_OVERHEAD + fixedLength
  // the end of the options is needed only where there are any
  if (options.length === 0) return length
  return options.reduce((sum, { value }) => sum + 4 + padded(value.length), length + 4)
}

/** Writes a block whose body is zeros before its options. */
function writeBlock(
  { bytes, view }: PacketMemory,
  offset: number,
  type: number,
  fixedLength: number,
  options: readonly Option[],
): void {
  const length = blockLength(fixedLength, options)
  view.setUint32(offset, type, true)
  view.setUint32(offset + 4, length, true)
  let at = offset + BLOCK_HEADER_LENGTH + fixedLength
  for (const { code, value } of options) {
    view.setUint16(at, code, true)
    view.setUint16(at + 2, value.length, true)
    bytes.set(value, at + 4)
    at += 4 + padded(value.length)
  }
  view.setUint32(offset + length - 4, length, true)
}
