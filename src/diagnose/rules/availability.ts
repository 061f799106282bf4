import { fromHex } from '../../base/bytes.ts'
import type { TraceMessage } from '../../trace/event.ts'
import { hasBit, setBit, spareBits, validateBitfieldLength } from '../../wire/bitfield.ts'
import { isAvailability } from '../../wire/message/message.ts'
import { type Conversation, extensionHandshakeOf, hadTime } from '../conversation.ts'
import { defineTheme, type Fold, NOTHING, type Observation, onReceived } from '../rule.ts'
import { whenCounted } from './when-counted.ts'

/** BEP 3 and BEP 6: how a peer says which pieces it has. */
export const availability = defineTheme({
  findings: {
    'availability-missing': {
      severity: 'warning',
      title: 'The peer did not say which pieces it has',
      reference: 'BEP 6',
      explanation:
        'With the fast extension exactly one of bitfield, have-all and have-none must follow the handshake, also when there is nothing to show. Not reported for a peer that has no metadata yet, which cannot know.',
    },
    'availability-repeated': {
      severity: 'error',
      title: 'The peer said more than once which pieces it has',
      reference: 'BEP 6',
      explanation:
        'Only one of bitfield, have-all and have-none may be sent, and only once; changes are told by have.',
    },
    'availability-late': {
      severity: 'warning',
      title: 'Bitfield, have-all or have-none came late',
      reference: 'BEP 3',
      explanation:
        'It belongs right after the handshake. Every client sends its extension handshake first, which counts as right; other messages before it do not.',
    },
    'bitfield-length': {
      severity: 'error',
      title: 'The bitfield has the wrong length',
      reference: 'BEP 3',
      explanation:
        'A bitfield has one bit for each piece, rounded up to whole bytes. With another length the two sides disagree on the number of pieces: another torrent, v1 taken for v2, or a defect.',
    },
    'bitfield-spare-bits': {
      severity: 'error',
      title: 'Spare bits of the bitfield are set',
      reference: 'BEP 3',
      explanation:
        'The bits behind the last piece must be zero. Many clients do not look, some close the connection.',
    },
    'have-out-of-range': {
      severity: 'error',
      title: 'A have names a piece that the torrent does not have',
      reference: 'BEP 3',
      explanation:
        'Piece indexes begin at 0 and end before the piece count. Most clients close the connection on it.',
    },
    'have-repeated': {
      severity: 'info',
      title: 'The peer announces the same piece more than once',
      reference: 'BEP 3',
      explanation:
        'A have is sent once, when a piece was finished. Repeated ones do no harm but for the bytes; many of them are a flood.',
    },
    'lazy-bitfield': {
      severity: 'info',
      title: 'The bitfield has holes that haves fill at once',
      reference: 'BEP 3',
      explanation:
        'A lazy bitfield leaves some pieces out and announces them one by one right after, to get past filters that look for seeds. The peer did not just finish those pieces.',
    },
    'super-seeding': {
      severity: 'info',
      title: 'The peer looks like a super-seeder',
      reference: 'BEP 16',
      explanation:
        'It claimed to have nothing and then announced pieces without time to download them. A super-seeder shows one piece at a time and serves only those, so it looks empty and is not.',
    },
    'upload-only-incomplete': {
      severity: 'info',
      title: 'The peer is incomplete and wants no more',
      reference: 'BEP 21',
      explanation:
        'A partial seed: it has what its user selected. It will never have the rest, and it never becomes interested.',
    },
  },
  both: [order, bitfield, haves],
  probe: [missing, repeatedHaves, lazyBitfield, superSeeding, uploadOnly],
  serve: [missingFirst],
})

function order(): Fold<'availability-repeated' | 'availability-late'> {
  let first: string | undefined
  let before: string | undefined
  return {
    step(event) {
      if (event.type !== 'received' || event.what !== 'message') return NOTHING
      const { message, offset } = event
      if (isAvailability(message)) return announced(message.type, offset)
      if (before === undefined && countsAsEarlier(message)) before = message.type
      return NOTHING
    },
  }

  function* announced(
    type: string,
    offset: number,
  ): Generator<Observation<'availability-repeated' | 'availability-late'>> {
    if (first !== undefined) yield { id: 'availability-repeated', detail: `${type} after ${first}`, offset }
    else if (before !== undefined)
      yield { id: 'availability-late', detail: `${type} after ${before}, expected before it`, offset }
    first ??= type
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
function missing(conversation: Conversation): Fold<'availability-missing'> {
  let hasCome = false
  return onReceived(
    ['bitfield', 'have-all', 'have-none'],
    () => {
      hasCome = true
      return NOTHING
    },
    function* () {
      if (hasCome || !conversation.fast || conversation.lacksMetadata || !hadTime(conversation)) return
      yield { id: 'availability-missing', detail: 'no bitfield, have-all or have-none came' }
    },
  )
}

/** What shows that a client has gone past the first messages. */
const MUST_FOLLOW = ['interested', 'not-interested', 'request', 'have', 'unchoke', 'choke'] as const

/** BEP 6: exactly one of the three, before everything but extended messages. */
function missingFirst(conversation: Conversation): Fold<'availability-missing'> {
  let isOver = false
  return onReceived([...MUST_FOLLOW, 'bitfield', 'have-all', 'have-none'], function* ({ message, offset }) {
    if (isOver) return
    isOver = true
    if (isAvailability(message) || !conversation.fast || conversation.lacksMetadata) return
    const detail = `${message.type} before any bitfield, have-all or have-none, one of which comes first`
    yield { id: 'availability-missing', detail, offset, reference: 'BEP 6' }
  })
}

function bitfield(conversation: Conversation): Fold<'bitfield-length' | 'bitfield-spare-bits'> {
  return whenCounted(conversation, ['bitfield'], function* ({ message, offset }, pieceCount): Generator<
    Observation<'bitfield-length' | 'bitfield-spare-bits'>
  > {
    if (message.type !== 'bitfield') return
    const bits = fromHex(message.bits)
    if (pieceCount === undefined) {
      // every torrent has a piece
      if (bits.length === 0) yield { id: 'bitfield-length', detail: 'a bitfield of 0 bytes', offset }
      return
    }
    const check = validateBitfieldLength(bits.length, pieceCount)
    if (!check.ok) {
      yield { id: 'bitfield-length', detail: check.reason, offset }
      return
    }
    const spare = spareBits(bits, pieceCount)
    if (spare.length === 0) return
    const which = spare.length === 1 ? `bit ${spare[0]} is` : `bits ${spare.join(', ')} are`
    yield {
      id: 'bitfield-spare-bits',
      detail: `the torrent has ${pieceCount} pieces, and ${which} set`,
      offset,
    }
  })
}

function haves(conversation: Conversation): Fold<'have-out-of-range'> {
  return whenCounted(conversation, ['have'], function* ({ message, offset }, pieceCount): Generator<
    Observation<'have-out-of-range'>
  > {
    if (message.type !== 'have' || pieceCount === undefined || message.piece < pieceCount) return
    yield {
      id: 'have-out-of-range',
      detail: `piece ${message.piece}, the torrent has ${pieceCount}`,
      offset,
    }
  })
}

/** Only a torrent of which the count is known: indexes past it are another matter, and the memory is bounded by it. */
function repeatedHaves(conversation: Conversation): Fold<'have-repeated'> {
  const announced = new Set<number>()
  let repeated = 0
  return whenCounted(
    conversation,
    ['have'],
    ({ message }, pieceCount) => {
      if (message.type !== 'have' || pieceCount === undefined || message.piece >= pieceCount) return NOTHING
      if (announced.has(message.piece)) repeated++
      announced.add(message.piece)
      return NOTHING
    },
    function* () {
      if (repeated === 0) return
      const detail = `${repeated} of its haves name a piece that a have had named before`
      yield { id: 'have-repeated', detail }
    },
  )
}

/** Time in which no peer finishes a piece that it did not have when it connected. */
const AT_ONCE_MS = 1000

function lazyBitfield(): Fold<'lazy-bitfield'> {
  let bits: Uint8Array | undefined
  let since = 0
  let filled = 0
  return onReceived(
    ['bitfield', 'have'],
    ({ message, at }) => {
      if (message.type === 'bitfield' && bits === undefined) {
        bits = fromHex(message.bits)
        since = at
      }
      if (
        message.type === 'have' &&
        bits !== undefined &&
        at - since <= AT_ONCE_MS &&
        !hasBit(bits, message.piece)
      )
        filled++
      return NOTHING
    },
    function* () {
      // a single one can be a piece that was just finished
      if (filled >= 2)
        yield { id: 'lazy-bitfield', detail: `${filled} haves within a second of the bitfield` }
    },
  )
}

function superSeeding(): Fold<'super-seeding'> {
  let noneAt: number | undefined
  let haveCount = 0
  return onReceived(
    ['have-none', 'have'],
    ({ message, at }) => {
      if (message.type === 'have-none') noneAt ??= at
      if (message.type === 'have' && noneAt !== undefined && at - noneAt <= AT_ONCE_MS) haveCount++
      return NOTHING
    },
    function* () {
      // later haves may be pieces that it has downloaded since
      if (haveCount === 0) return
      yield {
        id: 'super-seeding',
        detail: `have-none, then ${haveCount} ${haveCount === 1 ? 'have' : 'haves'}`,
      }
    },
  )
}

function uploadOnly(conversation: Conversation): Fold<'upload-only-incomplete'> {
  let isUploadOnly = false
  let bits: Uint8Array | undefined
  return onReceived(
    ['extended', 'bitfield', 'have'],
    ({ message }) => {
      isUploadOnly = extensionHandshakeOf(message)?.uploadOnly ?? isUploadOnly
      if (message.type === 'bitfield') bits = fromHex(message.bits)
      // a lazy bitfield is filled by haves
      if (message.type === 'have' && bits !== undefined) setBit(bits, message.piece)
      return NOTHING
    },
    function* () {
      const { pieceCount } = conversation
      // a peer that says it has nothing may be a super-seeder, which has everything
      if (pieceCount === undefined || !isUploadOnly || bits === undefined || !holdsLess(bits, pieceCount))
        return
      yield { id: 'upload-only-incomplete', detail: 'upload_only is set, and pieces are missing' }
    },
  )
}

function holdsLess(bits: Uint8Array, pieceCount: number): boolean {
  for (let piece = 0; piece < pieceCount; piece++) if (!hasBit(bits, piece)) return true
  return false
}
