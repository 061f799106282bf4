import { BLOCK_TIMEOUT_MS } from '../defaults.ts'
import { PeerError } from '../../base/errors.ts'
import { DEFAULT_REQQ } from '../../base/limits.ts'
import type { Clock } from '../../net/clock.ts'
import type { PeerConnection } from '../../net/connection/peer-connection.ts'
import type { BlockRequest } from '../../session/block.ts'
import { FetchingPiece } from '../../session/download/fetching-piece.ts'
import type { SessionState } from '../../session/peer/state.ts'
import type { Message } from '../../wire/message/message.ts'
import { refuse } from '../session/listen.ts'
import { blockTimeout, unchokeTimeout } from '../session/timeouts.ts'

/** Maximum number of outstanding requests for one range. More would not speed up so few blocks. */
const MAX_DEPTH = 64

/** How often we repeat requests that a peer rejects while we are unchoked, before we accept the rejection. */
const MAX_REJECTS = 2

/** How many chokes and unchokes without a block may restart the wait. */
const MAX_IDLE_TURNS = 8

/** How long a slow block may stop before it counts as stopped, in milliseconds. At 1 kB/s, clients send every second. */
const LULL_MS = 4_000

/** Options for fetching one range. */
export interface RangeOptions {
  readonly range: BlockRequest
  readonly unchokeTimeoutMs: number
  /** Longest wait for the next block while requests are outstanding, in milliseconds; default 30 s. */
  readonly blockTimeoutMs?: number | undefined
  /**
   * Longest time for a block of which more and more comes, in milliseconds; default `blockTimeoutMs`. The waiting ends
   * when nothing more came for `LULL_MS`.
   */
  readonly slowBlockTimeoutMs?: number | undefined
  readonly clock: Clock
}

/** What the peer has done with our requests so far. */
interface Progress {
  readonly fetching: FetchingPiece
  readonly data: Uint8Array
  readonly answered: AnsweredRequest[]
  /** When the peer last sent a block or let us send requests. */
  since: number
  /** Whether we could send requests at that time. */
  mayRequest: boolean
  /** Chokes and unchokes since the last block. */
  turns: number
  /** As of the last message processed here; the state of the connection may be ahead of it. */
  choked: boolean
  rejects: number
  /** Bytes of an unfinished block at the end of the last wait, and until when to wait for more. */
  slow: { readonly received: number; readonly until: number } | undefined
  /** The peer rejected a piece that it had allowed while choking, so we wait to be unchoked. */
  allowanceGone: boolean
}

/** One answered request, and how long the answer took in milliseconds. */
interface AnsweredRequest {
  readonly request: BlockRequest
  readonly latencyMs: number
}

/** A fetched range. */
export interface RangeData {
  readonly data: Uint8Array
  /** In the order in which the answers came. */
  readonly answered: readonly AnsweredRequest[]
}

/**
 * Fetches one range of a piece over an open connection: waits to be unchoked, or uses the allowed-fast set while
 * choked, and continues after chokes in between.
 *
 * @throws PeerError E_UNCHOKE_TIMEOUT, E_BLOCK_TIMEOUT, E_REQUEST_REJECTED, E_UNREQUESTED_BLOCK, or the error that
 *   ended the connection
 */
export async function fetchRange(connection: PeerConnection, options: RangeOptions): Promise<RangeData> {
  const { range, clock, unchokeTimeoutMs, blockTimeoutMs = BLOCK_TIMEOUT_MS, slowBlockTimeoutMs } = options
  const { state } = connection
  const progress: Progress = {
    fetching: new FetchingPiece(range),
    data: new Uint8Array(range.length),
    answered: [],
    since: clock.now(),
    mayRequest: false,
    turns: 0,
    choked: state.choking.peerChoking,
    rejects: 0,
    slow: undefined,
    allowanceGone: false,
  }
  while (!progress.fetching.isComplete) {
    turn(progress, mayRequest(state, range.piece, progress), clock.now())
    // libtorrent rejects requests from a peer that has not sent *interested*, even if it does not choke it
    const asked = progress.mayRequest ? requests(progress.fetching, state, clock.now()) : []
    const messages = [...interest(state), ...asked]
    if (messages.length > 0) await connection.send(...messages)
    const timeoutMs = progress.mayRequest ? blockTimeoutMs : unchokeTimeoutMs
    if (!(await connection.untilMessages(progress.slow?.until ?? progress.since + timeoutMs))) {
      if (!progress.mayRequest) throw unchokeTimeout(timeoutMs, state)
      if (isGrowing(connection, progress, clock.now(), slowBlockTimeoutMs ?? blockTimeoutMs)) continue
      throw rangeTimeout(connection, progress, timeoutMs)
    }
    const at = clock.now()
    const batch = connection.takeMessages()
    for (const message of batch) take(message, progress, state, at)
    refuse(connection, batch)
  }
  return { data: progress.data, answered: progress.answered }
}

function depth({ extensionHandshake }: SessionState): number {
  return Math.max(1, Math.min(extensionHandshake?.reqq ?? DEFAULT_REQQ, MAX_DEPTH))
}

function mayRequest(
  { choking, fast }: SessionState,
  piece: number,
  { allowanceGone }: Pick<Progress, 'allowanceGone'>,
): boolean {
  return !choking.peerChoking || (!allowanceGone && fast.canRequestWhileChoked(piece))
}

/** Restarts the wait when the peer chokes or unchokes us. */
function turn(progress: Progress, mayRequest: boolean, at: number): void {
  if (progress.mayRequest === mayRequest) return
  progress.mayRequest = mayRequest
  if (++progress.turns <= MAX_IDLE_TURNS) progress.since = at
}

/** Whether more of an unfinished block came since the last wait, and there is time left for the rest. */
function isGrowing(
  { pendingBlock }: PeerConnection,
  progress: Progress,
  at: number,
  mostMs: number,
): boolean {
  const { received = 0 } = pendingBlock ?? {}
  if (received <= (progress.slow?.received ?? 0) || at >= progress.since + mostMs) return false
  progress.slow = { received, until: Math.min(at + LULL_MS, progress.since + mostMs) }
  return true
}

/** Does not wait for the extension handshake, although that may limit the number of requests. */
function requests(fetching: FetchingPiece, state: SessionState, at: number): Message[] {
  const messages: Message[] = []
  while (fetching.asked < depth(state)) {
    const request = fetching.askNext(at)
    if (request === undefined) break
    messages.push({ type: 'request', ...request })
  }
  return messages
}

function interest({ choking }: SessionState): Message[] {
  return choking.amInterested ? [] : [{ type: 'interested' }]
}

function take(message: Message, progress: Progress, state: SessionState, at: number): void {
  const { fetching } = progress
  switch (message.type) {
    case 'piece': {
      const block = fetching.blockAt({ ...message, length: message.block.length })
      // without the fast extension, an answer may cross a choke; with it, the peer must reject instead (BEP 6)
      if (block !== undefined && isAwaited(fetching, block, state)) keep(progress, block, message.block, at)
      else if (state.negotiated('fast')) throw unrequested(message)
      return
    }
    case 'reject': {
      const block = fetching.blockAt(message)
      if (block === undefined || fetching.stateOf(block) !== 'asked') return
      fetching.giveUp(block)
      if (progress.choked) progress.allowanceGone = true
      else if (++progress.rejects > MAX_REJECTS) throw rejected(message)
      return
    }
    case 'choke':
      progress.choked = true
      if (!state.negotiated('fast')) fetching.giveUpBefore(Number.POSITIVE_INFINITY)
      return
    case 'unchoke':
      progress.choked = false
      return
    default:
  }
}

function keep(progress: Progress, block: number, content: Uint8Array, at: number): void {
  const { fetching, data, answered } = progress
  const request = fetching.requestOf(block)
  data.set(content, request.begin - fetching.begin)
  answered.push({ request, latencyMs: at - fetching.askedAt(block) })
  fetching.receive(block)
  progress.since = at
  progress.slow = undefined
  progress.turns = 0
}

/** Whether a block may still come: without the fast extension, even if a choke has cancelled its request. */
function isAwaited(fetching: FetchingPiece, block: number, state: SessionState): boolean {
  const blockState = fetching.stateOf(block)
  return blockState === 'asked' || (blockState === 'timed-out' && !state.negotiated('fast'))
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

function rangeTimeout(
  { pendingBlock }: PeerConnection,
  { fetching, answered }: Progress,
  timeoutMs: number,
): PeerError {
  const block = pendingBlock && fetching.blockAt(pendingBlock)
  const pending = block !== undefined && fetching.stateOf(block) === 'asked' ? pendingBlock : undefined
  const whole = answered.reduce((bytes, { request }) => bytes + request.length, 0)
  return blockTimeout({
    timeoutMs,
    of: `of piece ${fetching.piece}`,
    came: `${whole + (pending?.received ?? 0)} of ${fetching.length} bytes`,
    pending,
    hint:
      whole === 0
        ? 'a peer that ignores requests, a slow one, a path that failed and one that loses large packets look alike: try a longer --block-timeout, or --length 256'
        : 'some of the requests were answered, and then nothing came: a longer --block-timeout shows whether it goes on',
  })
}
