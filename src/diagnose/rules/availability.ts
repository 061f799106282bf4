import { fromHex } from '../../base/bytes.ts'
import type { TraceMessage } from '../../trace/event.ts'
import { readExtensionHandshake } from '../../trace/extension-handshake.ts'
import { validateBitfieldLength } from '../../wire/bitfield.ts'
import {
  type Conversation,
  hadTime,
  isAvailability,
  type MessageEvent,
  type Observation,
  type Rule,
} from '../rule.ts'

/** BEP 3 and BEP 6: how a peer says which pieces it has. */
export const availabilityRules: readonly Rule[] = [
  order,
  missing,
  bitfield,
  haves,
  repeatedHaves,
  lazyBitfield,
  superSeeding,
  uploadOnly,
]

function* order(conversation: Conversation): Generator<Observation> {
  let first: string | undefined
  let before: string | undefined
  for (const { message, offset } of conversation.received) {
    if (!isAvailability(message)) {
      if (countsAsEarlier(message)) before ??= message.type
      continue
    }
    if (first !== undefined) {
      yield { id: 'availability-repeated', detail: `${message.type} at byte ${offset}, after ${first}` }
    } else if (before !== undefined) {
      yield { id: 'availability-late', detail: `${message.type} at byte ${offset}, after ${before}` }
    }
    first ??= message.type
  }
}

/** Extension messages go first everywhere, rTorrent sends a keep-alive, and what was not understood is reported by itself. */
function countsAsEarlier({ type }: TraceMessage): boolean {
  return (
    type !== 'extended' &&
    type !== 'keep-alive' &&
    type !== 'unknown' &&
    type !== 'malformed' &&
    type !== 'port'
  )
}

/** A connection that we ended ourselves, after the time that a peer gets for this. */
function* missing(conversation: Conversation): Generator<Observation> {
  const { received, context } = conversation
  if (context.truncated === 'anything' || !conversation.fast || !hadTime(conversation)) return
  if (received.some(({ message }) => isAvailability(message)) || lacksMetadata(received)) return
  yield { id: 'availability-missing', detail: 'no bitfield, have-all or have-none came' }
}

/** A peer that offers to fetch metadata and announces no size has none yet, and cannot count pieces. */
function lacksMetadata(received: readonly MessageEvent[]): boolean {
  return received.some(({ message }) => {
    const read = readExtensionHandshake(message)
    if (read?.ok !== true) return false
    const { extensions, metadataSize } = read.value
    return (extensions.get('ut_metadata') ?? 0) !== 0 && metadataSize === undefined
  })
}

function* bitfield(conversation: Conversation): Generator<Observation> {
  const { pieceCount } = conversation.context
  for (const { message, offset } of conversation.received) {
    if (message.type !== 'bitfield') continue
    const bits = fromHex(message.bits)
    if (pieceCount === undefined) {
      // no torrent is without a piece
      if (bits.length === 0) yield { id: 'bitfield-length', detail: `a bitfield of 0 bytes (byte ${offset})` }
      continue
    }
    const check = validateBitfieldLength(bits.length, pieceCount)
    if (!check.ok) {
      yield { id: 'bitfield-length', detail: `${check.reason} (byte ${offset})` }
      continue
    }
    const spare = spareBits(bits, pieceCount)
    if (spare.length === 0) continue
    const which = spare.length === 1 ? `bit ${spare[0]} is` : `bits ${spare.join(', ')} are`
    yield {
      id: 'bitfield-spare-bits',
      detail: `the torrent has ${pieceCount} pieces, and ${which} set (byte ${offset})`,
    }
  }
}

function* haves(conversation: Conversation): Generator<Observation> {
  const { pieceCount } = conversation.context
  if (pieceCount === undefined) return
  for (const { message, offset } of conversation.received) {
    if (message.type === 'have' && message.piece >= pieceCount) {
      yield {
        id: 'have-out-of-range',
        detail: `piece ${message.piece} at byte ${offset}, the torrent has ${pieceCount}`,
      }
    }
  }
}

/** Only a torrent of which the count is known: indexes past it are another matter, and the memory is bounded by it. */
function* repeatedHaves(conversation: Conversation): Generator<Observation> {
  const { pieceCount } = conversation.context
  if (pieceCount === undefined) return
  const announced = new Set<number>()
  let repeated = 0
  for (const { message } of conversation.received) {
    if (message.type !== 'have' || message.piece >= pieceCount) continue
    if (announced.has(message.piece)) repeated++
    announced.add(message.piece)
  }
  if (repeated === 0) return
  const detail = `${repeated} of its haves name a piece that a have had named before`
  yield { id: 'have-repeated', detail }
}

/** Time in which no peer finishes a piece that it did not have when it connected. */
const AT_ONCE_MS = 1000

function* lazyBitfield(conversation: Conversation): Generator<Observation> {
  let bits: Uint8Array | undefined
  let since = 0
  let filled = 0
  for (const { message, at } of conversation.received) {
    if (message.type === 'bitfield' && bits === undefined) {
      bits = fromHex(message.bits)
      since = at
    }
    if (
      message.type === 'have' &&
      bits !== undefined &&
      at - since <= AT_ONCE_MS &&
      !isSet(bits, message.piece)
    ) {
      filled++
    }
  }
  // a single one can be a piece that was just finished
  if (filled >= 2) yield { id: 'lazy-bitfield', detail: `${filled} haves within a second of the bitfield` }
}

function* superSeeding(conversation: Conversation): Generator<Observation> {
  let noneAt: number | undefined
  let haveCount = 0
  for (const { message, at } of conversation.received) {
    if (message.type === 'have-none') noneAt ??= at
    if (message.type === 'have' && noneAt !== undefined && at - noneAt <= AT_ONCE_MS) haveCount++
  }
  // later haves may be pieces that it has downloaded since
  if (haveCount === 0) return
  yield { id: 'super-seeding', detail: `have-none, then ${haveCount} ${haveCount === 1 ? 'have' : 'haves'}` }
}

function* uploadOnly(conversation: Conversation): Generator<Observation> {
  const { pieceCount } = conversation.context
  if (pieceCount === undefined) return
  let isUploadOnly = false
  let bits: Uint8Array | undefined
  for (const { message } of conversation.received) {
    const read = readExtensionHandshake(message)
    if (read?.ok === true) isUploadOnly = read.value.uploadOnly ?? isUploadOnly
    if (message.type === 'bitfield') bits = fromHex(message.bits)
    // a lazy bitfield is filled by haves
    if (message.type === 'have' && bits !== undefined && message.piece < pieceCount)
      setBit(bits, message.piece)
  }
  // who says to have nothing may be a super-seeder, which has everything
  if (isUploadOnly && bits !== undefined && holdsLess(bits, pieceCount))
    yield { id: 'upload-only-incomplete', detail: 'upload_only is set, and pieces are missing' }
}

function holdsLess(bits: Uint8Array, pieceCount: number): boolean {
  for (let piece = 0; piece < pieceCount; piece++) if (!isSet(bits, piece)) return true
  return false
}

function setBit(bits: Uint8Array, piece: number): void {
  const at = piece >>> 3
  if (at < bits.length) bits[at] = (bits[at] ?? 0) | (0x80 >>> (piece & 7))
}

function isSet(bits: Uint8Array, piece: number): boolean {
  return ((bits[piece >>> 3] ?? 0) & (0x80 >>> (piece & 7))) !== 0
}

function spareBits(bits: Uint8Array, pieceCount: number): readonly number[] {
  const spare: number[] = []
  for (let bit = pieceCount; bit < bits.length * 8; bit++) if (isSet(bits, bit)) spare.push(bit)
  return spare
}
