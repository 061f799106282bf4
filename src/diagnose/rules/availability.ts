import { fromHex } from '../../base/bytes.ts'
import type { TraceMessage } from '../../trace/event.ts'
import { hasBit, setBit, spareBits } from '../../wire/bitfield.ts'
import { validateBitfieldLength } from '../../wire/bitfield-length.ts'
import { isAvailability } from '../../wire/message/message.ts'
import { type Conversation, extensionHandshakeOf, hadTime } from '../conversation.ts'
import { defineTheme, type Fold, NOTHING, type Observations, onReceived } from '../rule.ts'
import { whenCounted } from './when-counted.ts'

/** BEP 3 and BEP 6: how a peer says which pieces it has. */
export const availability = defineTheme({
  findings: {
    'availability-missing': {
      severity: 'warning',
      title: 'The peer did not say which pieces it has',
      reference: 'BEP 6',
      explanation:
        'With the fast extension, exactly one of bitfield, have-all and have-none must follow the handshake, even when the peer has no pieces. This is not reported for a peer without metadata, which cannot know the number of pieces.',
    },
    'availability-repeated': {
      severity: 'error',
      title: 'The peer said more than once which pieces it has',
      reference: 'BEP 6',
      explanation:
        'A peer may send one of bitfield, have-all and have-none, and only once. It announces later pieces with have.',
    },
    'availability-late': {
      severity: 'warning',
      title: 'The bitfield, have-all or have-none came late',
      reference: 'BEP 3',
      explanation:
        'It must be the first message after the handshake. All known clients send the extension handshake before it, so that is accepted; other messages before it are not.',
    },
    'bitfield-length': {
      severity: 'error',
      title: 'The bitfield has the wrong length',
      reference: 'BEP 3',
      explanation:
        'A bitfield has one bit for each piece, rounded up to whole bytes. With any other length, the two sides disagree on the number of pieces: the peer has a different torrent, confuses v1 with v2, or has a bug.',
    },
    'bitfield-spare-bits': {
      severity: 'error',
      title: 'The spare bits of the bitfield are set',
      reference: 'BEP 3',
      explanation:
        'The bits after the last piece must be zero. Many clients do not check them; some close the connection.',
    },
    'have-out-of-range': {
      severity: 'error',
      title: 'A have message names a piece that the torrent does not have',
      reference: 'BEP 3',
      explanation:
        'Piece indexes start at 0 and are less than the piece count. Most clients close the connection when they receive such a message.',
    },
    'have-repeated': {
      severity: 'info',
      title: 'The peer announces the same piece more than once',
      reference: 'BEP 3',
      explanation:
        'A peer sends one have when it completes a piece. Repeated ones only waste bytes; many of them are a flood.',
    },
    'lazy-bitfield': {
      severity: 'info',
      title: 'The bitfield has gaps that have messages fill at once',
      reference: 'BEP 3',
      explanation:
        'A peer with a lazy bitfield leaves out some pieces and announces them with have messages right after it, to pass filters that block seeds. The peer already had those pieces.',
    },
    'super-seeding': {
      severity: 'info',
      title: 'The peer looks like a super-seeder',
      reference: 'BEP 16',
      explanation:
        'It claimed to have nothing, and then announced pieces before it could have downloaded them. A super-seeder announces one piece at a time and serves only the pieces it has announced, so it looks empty although it is complete.',
    },
    'upload-only-incomplete': {
      severity: 'info',
      title: 'The peer is incomplete and does not want more',
      reference: 'BEP 21',
      explanation:
        'This is a partial seed: it has the files that its user selected. It does not download the rest, and it never becomes interested.',
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
    transfers({ type }) {
      if (type === 'received') before ??= 'piece'
      return NOTHING
    },
  }

  function announced(
    type: string,
    offset: number,
  ): Observations<'availability-repeated' | 'availability-late'> {
    if (first !== undefined)
      return [{ id: 'availability-repeated', detail: `${type} after ${first}`, offset }]
    first = type
    if (before === undefined) return NOTHING
    return [{ id: 'availability-late', detail: `${type} after ${before}, expected before it`, offset }]
  }
}

/** Every client sends extension messages first, rTorrent sends a keep-alive, and unreadable messages have findings of their own. */
function countsAsEarlier({ type }: TraceMessage): boolean {
  return (
    type !== 'extended' &&
    type !== 'keep-alive' &&
    type !== 'unknown' &&
    type !== 'malformed' &&
    type !== 'port'
  )
}

/** Applies to connections that we ended ourselves, after giving the peer time to send it. */
function missing(conversation: Conversation): Fold<'availability-missing'> {
  let hasCome = false
  const came = onReceived(
    ['bitfield', 'have-all', 'have-none'],
    () => {
      hasCome = true
      return NOTHING
    },
    () => {
      if (hasCome || !conversation.fast || conversation.lacksMetadata || !hadTime(conversation))
        return NOTHING
      return [{ id: 'availability-missing', detail: 'no bitfield, have-all or have-none came' }]
    },
  )
  // judged also if none of them came
  return { events: ['handshake'], ...came }
}

/** Messages that show that a client is past its first messages. */
const MUST_FOLLOW = ['interested', 'not-interested', 'request', 'have', 'unchoke', 'choke'] as const

/** BEP 6: exactly one of the three, before everything but extended messages. */
function missingFirst(conversation: Conversation): Fold<'availability-missing'> {
  let isOver = false
  return onReceived([...MUST_FOLLOW, 'bitfield', 'have-all', 'have-none'], ({ message, offset }) => {
    if (isOver) return NOTHING
    isOver = true
    if (isAvailability(message) || !conversation.fast || conversation.lacksMetadata) return NOTHING
    const detail = `${message.type} came before any bitfield, have-all or have-none`
    return [{ id: 'availability-missing', detail, offset, reference: 'BEP 6' }]
  })
}

function bitfield(conversation: Conversation): Fold<'bitfield-length' | 'bitfield-spare-bits'> {
  return whenCounted(conversation, ['bitfield'], ({ message, offset }, pieceCount) => {
    if (message.type !== 'bitfield') return NOTHING
    const bits = fromHex(message.bits)
    if (pieceCount === undefined) {
      // every torrent has a piece
      if (bits.length > 0) return NOTHING
      return [{ id: 'bitfield-length', detail: 'a bitfield of 0 bytes', offset }]
    }
    const check = validateBitfieldLength(bits.length, pieceCount)
    if (!check.ok) return [{ id: 'bitfield-length', detail: check.reason, offset }]
    const spare = spareBits(bits, pieceCount)
    if (spare.length === 0) return NOTHING
    const which = spare.length === 1 ? `bit ${spare[0]} is` : `bits ${spare.join(', ')} are`
    return [
      {
        id: 'bitfield-spare-bits',
        detail: `the torrent has ${pieceCount} pieces, and ${which} set`,
        offset,
      },
    ]
  })
}

function haves(conversation: Conversation): Fold<'have-out-of-range'> {
  return whenCounted(conversation, ['have'], ({ message, offset }, pieceCount) => {
    if (message.type !== 'have' || pieceCount === undefined || message.piece < pieceCount) return NOTHING
    return [
      {
        id: 'have-out-of-range',
        detail: `piece ${message.piece}, the torrent has ${pieceCount}`,
        offset,
      },
    ]
  })
}

/** Needs the piece count: it bounds the memory, and indexes past it are a different finding. */
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
    () => {
      if (repeated === 0) return NOTHING
      const detail = `${repeated} repeated have ${repeated === 1 ? 'message' : 'messages'}`
      return [{ id: 'have-repeated', detail }]
    },
  )
}

/** No peer downloads a piece this soon after it connects. */
const AT_ONCE_MS = 1000

function lazyBitfield(): Fold<'lazy-bitfield'> {
  let claimed: string | undefined
  /** Decoded when a *have* comes, which is rare. */
  let bits: Uint8Array | undefined
  let since = 0
  let filled = 0
  return onReceived(
    ['bitfield', 'have'],
    ({ message, at }) => {
      if (message.type === 'bitfield' && claimed === undefined) {
        claimed = message.bits
        since = at
      }
      if (message.type !== 'have' || claimed === undefined || at - since > AT_ONCE_MS) return NOTHING
      bits ??= fromHex(claimed)
      if (!hasBit(bits, message.piece)) filled++
      return NOTHING
    },
    () => {
      // a single one can be a piece that the peer has just completed
      if (filled < 2) return NOTHING
      return [{ id: 'lazy-bitfield', detail: `${filled} have messages within a second of the bitfield` }]
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
    () => {
      // later have messages may be about pieces that it has downloaded since
      if (haveCount === 0) return NOTHING
      return [
        {
          id: 'super-seeding',
          detail: `have-none, then ${haveCount} have ${haveCount === 1 ? 'message' : 'messages'}`,
        },
      ]
    },
  )
}

function uploadOnly(conversation: Conversation): Fold<'upload-only-incomplete'> {
  let isUploadOnly = false
  let claimed: string | undefined
  /** What is claimed, once something changes it. */
  let bits: Uint8Array | undefined
  return onReceived(
    ['extended', 'bitfield', 'have'],
    ({ message }) => {
      isUploadOnly = extensionHandshakeOf(message)?.uploadOnly ?? isUploadOnly
      if (message.type === 'bitfield') {
        claimed = message.bits
        bits = undefined
      }
      // have messages complete a lazy bitfield
      if (message.type === 'have' && claimed !== undefined) setBit((bits ??= fromHex(claimed)), message.piece)
      return NOTHING
    },
    () => {
      const { pieceCount } = conversation
      // a peer that says it has nothing may be a super-seeder, which has everything
      if (pieceCount === undefined || !isUploadOnly || claimed === undefined) return NOTHING
      if (!holdsLess(bits ?? fromHex(claimed), pieceCount)) return NOTHING
      return [
        {
          id: 'upload-only-incomplete',
          detail: 'upload_only is set, but the peer does not have every piece',
        },
      ]
    },
  )
}

function holdsLess(bits: Uint8Array, pieceCount: number): boolean {
  for (let piece = 0; piece < pieceCount; piece++) if (!hasBit(bits, piece)) return true
  return false
}
