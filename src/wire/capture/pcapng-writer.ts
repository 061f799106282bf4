import { encodeUtf8 } from '../../base/bytes.ts'
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
  const options = textOptions(comments.map((comment) => [OPTION.comment, comment]))
  const microseconds = Math.round(at * 1000)
  return encodeBlock(BLOCK.enhancedPacket, 20 + padded(bytes.length), options, (body) => {
    body.setUint32(4, Math.floor(microseconds / 2 ** 32), true)
    body.setUint32(8, microseconds % 2 ** 32, true)
    body.setUint32(12, bytes.length, true)
    body.setUint32(16, bytes.length, true)
    new Uint8Array(body.buffer).set(bytes, body.byteOffset + 20)
  })
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
  const optionsLength = options.reduce((length, { value }) => length + 4 + padded(value.length), 0)
  // the end of the options is needed only where there are any
  const length = BLOCK_OVERHEAD + fixedLength + (optionsLength === 0 ? 0 : optionsLength + 4)
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, type, true)
  view.setUint32(4, length, true)
  fill(new DataView(bytes.buffer, BLOCK_HEADER_LENGTH))
  let at = BLOCK_HEADER_LENGTH + fixedLength
  for (const { code, value } of options) {
    view.setUint16(at, code, true)
    view.setUint16(at + 2, value.length, true)
    bytes.set(value, at + 4)
    at += 4 + padded(value.length)
  }
  view.setUint32(length - 4, length, true)
  return bytes
}
