import { toHex } from '../../base/bytes.ts'
import { BIG_ENDIAN, LITTLE_ENDIAN } from './byte-order.ts'
import { ByteWindow } from './byte-window.ts'
import { badCapture } from './error.ts'
import type { CaptureFormat, PacketSink } from './packet.ts'
import { PcapReader } from './pcap-reader.ts'
import { PcapngReader } from './pcapng-reader.ts'
import { BLOCK } from './pcapng-blocks.ts'

const PCAP_MICROSECONDS = 0xa1b2c3d4
const PCAP_NANOSECONDS = 0xa1b23c4d

/** Formats that are recognized only to name them, by their first bytes. */
const OTHER_FORMATS: readonly { readonly begin: string; readonly name: string; readonly hint: string }[] = [
  { begin: 'a1b2cd34', name: 'a modified pcap file', hint: 'convert it with editcap -F pcapng' },
  { begin: '34cdb2a1', name: 'a modified pcap file', hint: 'convert it with editcap -F pcapng' },
  { begin: '1f8b', name: 'compressed with gzip', hint: 'decompress it with gunzip first' },
  { begin: '28b52ffd', name: 'compressed with zstd', hint: 'decompress it with unzstd first' },
  { begin: '04224d18', name: 'compressed with lz4', hint: 'decompress it with unlz4 first' },
]

/** Number of bytes that tell the formats apart. */
export const CAPTURE_MAGIC_LENGTH = 4

/** Whether a file that begins with these bytes is a pcap or pcapng file. */
export function beginsCapture(start: Uint8Array): boolean {
  return start.length >= CAPTURE_MAGIC_LENGTH && formatOf(start) !== undefined
}

const CUT_HINT = 'get the whole file; what comes before that place is decoded'

/**
 * Reads a pcap or pcapng file, of either byte order, in chunks of any size. Its memory is one record at most.
 */
export class CaptureReader {
  readonly #window = new ByteWindow()
  readonly #sink: PacketSink
  #format: CaptureFormat | undefined

  /** @param sink takes each packet; what it throws ends the reading */
  constructor(sink: PacketSink) {
    this.#sink = sink
  }

  /**
   * Takes the next bytes of the file, which are borrowed until the call returns. Packets before a damaged place are delivered.
   * @throws PeerError E_BAD_CAPTURE, with the offset in the file
   */
  push(chunk: Uint8Array): void {
    this.#window.push(chunk)
    this.#format ??= this.#begin()
    while (this.#format?.next() === true);
    this.#window.keep()
  }

  /**
   * Call it after the last chunk.
   * @throws PeerError E_BAD_CAPTURE when the file ends inside a record, or is empty
   */
  end(): void {
    const { offset, length } = this.#window
    if (offset === 0 && length === 0) throw badCapture('the file is empty', 0)
    if (length > 0 || offset === 0)
      throw badCapture('the file is cut: its last record is incomplete', offset, CUT_HINT)
  }

  #begin(): CaptureFormat | undefined {
    const start = this.#window.peek(CAPTURE_MAGIC_LENGTH)
    if (start === undefined) return undefined
    const format = formatOf(start)
    if (format !== undefined) return format(this.#window, this.#sink)
    const other = OTHER_FORMATS.find(({ begin }) => toHex(start).startsWith(begin))
    const reason = other === undefined ? 'it is neither pcap nor pcapng' : `it is ${other.name}`
    throw badCapture(reason, 0, other?.hint)
  }
}

type MakeFormat = (window: ByteWindow, sink: PacketSink) => CaptureFormat

function formatOf(start: Uint8Array): MakeFormat | undefined {
  if (BIG_ENDIAN.uint32(start, 0) === BLOCK.section) return (window, sink) => new PcapngReader(window, sink)
  for (const order of [LITTLE_ENDIAN, BIG_ENDIAN]) {
    const magic = order.uint32(start, 0)
    const unitsPerMs =
      magic === PCAP_MICROSECONDS ? 1_000 : magic === PCAP_NANOSECONDS ? 1_000_000 : undefined
    if (unitsPerMs !== undefined) return (window, sink) => new PcapReader(window, { order, unitsPerMs }, sink)
  }
  return undefined
}
