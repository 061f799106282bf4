import { BLOCK_LENGTH } from '../../base/limits.ts'
import { type Conversation, blockName } from '../conversation.ts'
import { defineTheme, type Fold, NOTHING, type Observation, onMessages, onReceived } from '../rule.ts'

/** BEP 3, 6 and 10: what a peer may request from us, and when. */
export const requests = defineTheme({
  findings: {
    'request-while-choked': {
      severity: 'warning',
      title: 'The peer sends requests while we choke it',
      reference: 'BEP 3',
      explanation:
        'A peer may send requests only when it is unchoked, or for allowed-fast pieces. libtorrent disconnects a peer that does this.',
    },
    'request-too-long': {
      severity: 'warning',
      title: 'The peer requests blocks larger than 16 KiB',
      reference: 'BEP 3',
      explanation: 'Most clients refuse or ignore larger requests.',
    },
    'request-outside-torrent': {
      severity: 'error',
      title: 'The peer requests a range outside the torrent',
      reference: 'BEP 3',
      explanation:
        'The piece index or the end of the range is past the end. The peer miscalculates the number or the length of pieces, often for the last piece, or, in v2, at the end of a file.',
    },
    'request-empty': {
      severity: 'error',
      title: 'The peer requests a block of zero bytes',
      reference: 'BEP 3',
      explanation:
        'A request must be for 1 to 16384 bytes. Clients reject a request for 0 bytes, or close the connection.',
    },
    'request-not-announced': {
      severity: 'error',
      title: 'The peer requests a piece that we did not announce',
      reference: 'BEP 3',
      explanation:
        'A peer may request only pieces that the other side announced with bitfield, have or have-all. anacrolix/torrent closes when it receives such a request.',
    },
    'request-queue-exceeded': {
      severity: 'error',
      title: 'The peer has more requests outstanding than we queue',
      reference: 'BEP 10',
      explanation:
        'The `reqq` of our extension handshake says how many requests we queue. Requests beyond that may be dropped or rejected.',
    },
    'cancel-not-requested': {
      severity: 'error',
      title: 'The peer cancels a block that it did not request',
      reference: 'BEP 3',
      explanation:
        'A cancel repeats the numbers of a request. A cancel may cross with its block on the way, but there cannot be more cancels than requests.',
    },
  },
  both: [whileChoked, tooLong],
  serve: [range, queue, cancels],
})

/** Requests that come this long after a choke, in milliseconds, may have been sent before it arrived. */
const CHOKE_GRACE_MS = 10_000

function whileChoked(): Fold<'request-while-choked'> {
  const allowed = new Set<number>()
  let isChoking = true
  /** When we last choked after an unchoke; undefined while we have not unchoked. */
  let chokedAt: number | undefined
  return onMessages(
    { sent: ['choke', 'unchoke', 'allowed-fast'], received: ['request'] },
    ({ message, type, at, offset }) => {
      if (type === 'sent') {
        if (message.type === 'choke' && !isChoking) chokedAt = at
        if (message.type === 'choke' || message.type === 'unchoke') isChoking = message.type === 'choke'
        if (message.type === 'allowed-fast') allowed.add(message.piece)
        return NOTHING
      }
      if (message.type !== 'request' || !isChoking || allowed.has(message.piece)) return NOTHING
      if (chokedAt !== undefined && at - chokedAt < CHOKE_GRACE_MS) return NOTHING
      const detail = `request of ${blockName(message)}, expected after unchoke or allowed-fast`
      return [{ id: 'request-while-choked', detail, offset }]
    },
  )
}

function tooLong(): Fold<'request-too-long'> {
  return onReceived(['request'], ({ message, offset }) => {
    if (message.type !== 'request' || message.length <= BLOCK_LENGTH) return NOTHING
    const detail = `request of ${blockName(message)}, expected at most ${BLOCK_LENGTH}`
    return [{ id: 'request-too-long', detail, offset }]
  })
}

function range(
  conversation: Conversation,
): Fold<'request-outside-torrent' | 'request-empty' | 'request-not-announced'> {
  return onReceived(['request'], ({ message, offset }) => {
    const { served } = conversation
    if (message.type !== 'request' || served === undefined) return NOTHING
    const { piece, begin, length } = message
    const { pieceCount, lengthOf, has } = served
    if (piece >= pieceCount) {
      const detail = `request of piece ${piece}, the torrent has ${pieceCount}`
      return [{ id: 'request-outside-torrent', detail, offset }]
    }
    const seen: Observation<'request-outside-torrent' | 'request-empty' | 'request-not-announced'>[] = []
    const what = `request of ${blockName(message)}`
    if (length === 0)
      seen.push({ id: 'request-empty', detail: `${what}, expected 1 to ${BLOCK_LENGTH}`, offset })
    const end = lengthOf(piece)
    if (begin + length > end)
      seen.push({ id: 'request-outside-torrent', detail: `${what}, the piece has ${end}`, offset })
    if (!has(piece))
      seen.push({ id: 'request-not-announced', detail: `${what}, which we do not have`, offset })
    return seen
  })
}

/** Needs rejects: without them, nothing shows which requests are still outstanding. */
function queue(conversation: Conversation): Fold<'request-queue-exceeded'> {
  let outstanding = 0
  const messages = { sent: ['piece', 'reject', 'choke'], received: ['request'] } as const
  return onMessages(messages, ({ message, type, offset }) => {
    if (type === 'sent') {
      if (message.type === 'piece' || message.type === 'reject') outstanding = Math.max(0, outstanding - 1)
      // without the fast extension a choke answers all requests
      if (message.type === 'choke' && !conversation.fast) outstanding = 0
      return NOTHING
    }
    const { served } = conversation
    if (message.type !== 'request' || served === undefined) return NOTHING
    outstanding++
    if (!conversation.fast || !conversation.extensions) return NOTHING
    // once each time the queue is exceeded, not once for each request beyond it
    if (outstanding !== served.queueLength + 1) return NOTHING
    const detail = `${outstanding} requests are outstanding, our reqq is ${served.queueLength}`
    return [{ id: 'request-queue-exceeded', detail, offset }]
  })
}

function cancels(): Fold<'cancel-not-requested'> {
  let requested = 0
  let cancelled = 0
  return onReceived(['request', 'cancel'], ({ message, offset }) => {
    if (message.type === 'request') requested++
    if (message.type !== 'cancel' || ++cancelled <= requested) return NOTHING
    return [
      {
        id: 'cancel-not-requested',
        detail: `cancel of ${blockName(message)}, after ${requested} ${requested === 1 ? 'request' : 'requests'}`,
        offset,
      },
    ]
  })
}
