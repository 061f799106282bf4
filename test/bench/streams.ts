import { concat, writeUint32 } from '../../src/base/bytes.ts'
import { encodeMessages, type BlockRange, type Message } from '../../src/wire/message/message.ts'

const BLOCK_LENGTH = 16_384

/** Bytes and what is in them. */
export interface Stream {
  readonly bytes: Uint8Array
  readonly messages: number
}

/** *piece* messages of 16 KiB blocks, at least `total` bytes of data. */
export function blocks(total: number): Stream {
  const frame = 13 + BLOCK_LENGTH
  const messages = Math.ceil(total / BLOCK_LENGTH)
  const bytes = new Uint8Array(messages * frame)
  for (let i = 0; i < messages; i++) {
    writeUint32(bytes, i * frame, 9 + BLOCK_LENGTH)
    bytes[i * frame + 4] = 7
    writeUint32(bytes, i * frame + 5, i >>> 4)
    writeUint32(bytes, i * frame + 9, (i & 15) * BLOCK_LENGTH)
  }
  return { bytes, messages }
}

/** *have* of every piece from 0 on. */
export function haves(messages: number): Stream {
  const bytes = new Uint8Array(messages * 9)
  for (let i = 0; i < messages; i++) {
    bytes[i * 9 + 3] = 5
    bytes[i * 9 + 4] = 4
    writeUint32(bytes, i * 9 + 5, i)
  }
  return { bytes, messages }
}

/**
 * What peers say to each other beside blocks: interest and choking, runs of requests, most of them cancelled, runs of
 * *have*. Without the fast extension, which not every decoder takes unrequested. At least `least` messages.
 */
export function control(least: number): Stream {
  const parts: Uint8Array[] = []
  let messages = 0
  // runs of changing length, so that no branch predictor learns the order by heart
  let state = 1
  const runLength = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return 1 + ((state >>> 16) % 12)
  }
  for (let piece = 0; messages < least;) {
    const requests = Array.from({ length: runLength() }, (_, i) => blockAt(piece, i))
    const haves = Array.from({ length: runLength() }, (): Message => ({ type: 'have', piece: piece++ }))
    const round: Message[] = [
      { type: 'interested' },
      { type: 'unchoke' },
      ...requests.map((range): Message => ({ type: 'request', ...range })),
      ...haves,
      ...requests.map((range): Message => ({ type: 'cancel', ...range })),
      { type: 'port', port: 6881 },
      { type: 'keep-alive' },
      { type: 'not-interested' },
      { type: 'choke' },
    ]
    parts.push(encodeMessages(round))
    messages += round.length
  }
  return { bytes: concat(parts), messages }
}

function blockAt(piece: number, block: number): BlockRange {
  return { piece, begin: block * BLOCK_LENGTH, length: BLOCK_LENGTH }
}

/** Views of `bytes`, each of `length` bytes but the last. */
export function chunksOf(bytes: Uint8Array, length: number): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += length) chunks.push(bytes.subarray(at, at + length))
  return chunks
}
