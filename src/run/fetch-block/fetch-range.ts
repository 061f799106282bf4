import { BLOCK_TIMEOUT_MS } from '../defaults.ts'
import { PeerError } from '../../base/errors.ts'
import { BLOCK_LENGTH, DEFAULT_REQQ } from '../../base/limits.ts'
import type { Clock } from '../../net/clock.ts'
import type { PeerConnection } from '../../net/connection/peer-connection.ts'
import type { BlockRequest } from '../../session/block.ts'
import { RangeFetch } from '../../session/download/range-fetch.ts'
import type { SessionState } from '../../session/peer/state.ts'
import type { Message } from '../../wire/message/message.ts'
import { unchokeTimeout } from '../connect.ts'
import { refuse } from '../session/listen.ts'
import { UNFINISHED_HINT, unfinishedBlock } from '../session/unfinished-block.ts'
import type { PendingBlock } from '../../wire/message/decoder.ts'

/** Most requests in flight for one range; more would not make a few blocks faster. */
const MAX_DEPTH = 64

/** How often requests that an unchoked peer rejects are asked again before it is believed. */
const MAX_REJECTS = 2

/** How often a peer may choke and unchoke us without a block before that no longer counts as an answer. */
const MAX_IDLE_TURNS = 8

/** How one range is to be fetched. */
export interface RangeOptions {
  readonly range: BlockRequest
  readonly unchokeTimeoutMs: number
  /** Longest wait for the next block while requests are out, in milliseconds; default 30 s. */
  readonly blockTimeoutMs?: number | undefined
  readonly clock: Clock
}

/** What the peer made of our requests so far. */
interface Progress {
  /** When it last gave us something: a block, or the right to ask. */
  since: number
  /** Whether we may ask, as of then. */
  mayRequest: boolean
  /** Chokes and unchokes since the last block. */
  turns: number
  /** As of the messages looked at: the state of the connection is ahead of them. */
  choked: boolean
  rejects: number
  /** It rejected what it had allowed while choking; so it is to be waited for. */
  allowanceGone: boolean
}

/**
 * Fetches one range of a piece over an open connection: waits to be unchoked, or uses what is allowed while choked,
 * and lives through chokes in between.
 *
 * @throws PeerError E_UNCHOKE_TIMEOUT, E_BLOCK_TIMEOUT, E_REQUEST_REJECTED, E_UNREQUESTED_BLOCK, or why the connection ended
 */
export async function fetchRange(connection: PeerConnection, options: RangeOptions): Promise<RangeFetch> {
  const { range, clock, unchokeTimeoutMs, blockTimeoutMs = BLOCK_TIMEOUT_MS } = options
  const { state } = connection
  const fetching = new RangeFetch(range, depth(state))
  const progress: Progress = {
    since: clock.now(),
    mayRequest: false,
    turns: 0,
    choked: state.choking.peerChoking,
    rejects: 0,
    allowanceGone: false,
  }
  while (!fetching.isDone) {
    // its extension handshake is not waited for
    fetching.depth = depth(state)
    turn(progress, mayRequest(state, range.piece, progress), clock.now())
    // libtorrent rejects the requests of a peer that did not say interested, also while it does not choke
    const messages = [...interest(state), ...(progress.mayRequest ? requests(fetching, clock.now()) : [])]
    if (messages.length > 0) await connection.send(...messages)
    const timeoutMs = progress.mayRequest ? blockTimeoutMs : unchokeTimeoutMs
    if (!(await connection.untilMessages(progress.since + timeoutMs)))
      throw progress.mayRequest
        ? blockTimeout(fetching, range, timeoutMs, connection.pendingBlock)
        : unchokeTimeout(timeoutMs)
    takeAll(connection, fetching, progress, clock.now())
  }
  return fetching
}

function depth({ extensionHandshake }: SessionState): number {
  return Math.max(1, Math.min(extensionHandshake?.reqq ?? DEFAULT_REQQ, MAX_DEPTH))
}

function takeAll(connection: PeerConnection, fetching: RangeFetch, progress: Progress, at: number): void {
  const batch = connection.takeMessages()
  for (const message of batch) take(message, fetching, connection.state, progress, at)
  refuse(connection, batch)
}

function mayRequest(
  { choking, fast }: SessionState,
  piece: number,
  { allowanceGone }: Pick<Progress, 'allowanceGone'>,
): boolean {
  return !choking.peerChoking || (!allowanceGone && fast.canRequestWhileChoked(piece))
}

/** Starts the wait anew when the peer changed its mind. */
function turn(progress: Progress, mayRequest: boolean, at: number): void {
  if (progress.mayRequest === mayRequest) return
  progress.mayRequest = mayRequest
  if (++progress.turns <= MAX_IDLE_TURNS) progress.since = at
}

function requests(fetching: RangeFetch, at: number): Message[] {
  return fetching.next(at).map((request) => ({ type: 'request', ...request }))
}

function interest({ choking }: SessionState): Message[] {
  return choking.amInterested ? [] : [{ type: 'interested' }]
}

function take(
  message: Message,
  fetching: RangeFetch,
  state: SessionState,
  progress: Progress,
  at: number,
): void {
  switch (message.type) {
    case 'piece': {
      const result = fetching.received(message.piece, message.begin, message.block, at)
      // without the fast extension an answer may cross a choke; with it the peer must not do that (BEP 6)
      if (result === 'unrequested' && state.negotiated('fast')) throw unrequested(message)
      if (result === 'unrequested') return
      progress.since = at
      progress.turns = 0
      return
    }
    case 'reject':
      if (!fetching.rejected(message)) return
      if (progress.choked) progress.allowanceGone = true
      else if (++progress.rejects > MAX_REJECTS) throw rejected(message)
      return
    case 'choke':
      progress.choked = true
      if (!state.negotiated('fast')) fetching.dropped()
      return
    case 'unchoke':
      progress.choked = false
      return
    default:
  }
}

function unrequested({ piece, begin, block }: Extract<Message, { type: 'piece' }>): PeerError {
  return new PeerError(
    'E_UNREQUESTED_BLOCK',
    `a block came that was not requested: piece ${piece}, offset ${begin}, ${block.length} bytes`,
    { phase: 'transfer', reference: 'BEP 6' },
  )
}

function rejected({ piece, begin, length }: BlockRequest): PeerError {
  return new PeerError(
    'E_REQUEST_REJECTED',
    `the peer rejects piece ${piece}, offset ${begin}, ${length} bytes`,
    {
      phase: 'transfer',
      reference: 'BEP 6',
      hint: 'it claims the piece and does not give it: try another piece, or ask again later',
    },
  )
}

function blockTimeout(
  fetching: RangeFetch,
  { piece, length }: BlockRequest,
  timeoutMs: number,
  pending: PendingBlock | undefined,
): PeerError {
  const whole = fetching.answered.reduce((bytes, { request }) => bytes + request.length, 0)
  if (pending !== undefined && fetching.awaits(pending)) {
    const came = `${whole + pending.received} of ${length} bytes had come`
    const message = `no whole block of piece ${piece} came in ${timeoutMs} ms; ${came}, ${unfinishedBlock(pending, timeoutMs)}`
    return new PeerError('E_BLOCK_TIMEOUT', message, { phase: 'transfer', hint: UNFINISHED_HINT })
  }
  const message = `no block of piece ${piece} came in ${timeoutMs} ms; ${whole} of ${length} bytes had come`
  return new PeerError('E_BLOCK_TIMEOUT', message, {
    phase: 'transfer',
    hint: `requests of at most ${BLOCK_LENGTH} bytes were sent while unchoked: the peer ignores them`,
  })
}
