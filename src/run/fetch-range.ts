import { PeerError } from '../base/errors.ts'
import { BLOCK_LENGTH, DEFAULT_REQQ } from '../base/limits.ts'
import type { Clock } from '../net/clock.ts'
import type { PeerConnection } from '../net/peer-connection.ts'
import type { BlockRequest } from '../session/block.ts'
import { RangeFetch } from '../session/range-fetch.ts'
import type { SessionState } from '../session/session-state.ts'
import type { Message } from '../wire/message.ts'
import { waitForUnchoke } from './connect.ts'
import { refuse } from './listen.ts'

/** Longest wait for the next block while requests are out, in milliseconds. */
const BLOCK_TIMEOUT_MS = 30_000

/** Most requests in flight for one range; more would not make a few blocks faster. */
const MAX_DEPTH = 64

/** How often requests that an unchoked peer rejects are asked again before it is believed. */
const MAX_REJECTS = 2

/** How one range is to be fetched. */
export interface RangeOptions {
  readonly range: BlockRequest
  readonly unchokeTimeoutMs: number
  readonly clock: Clock
}

/**
 * Fetches one range of a piece over an open connection: waits to be unchoked, or uses what is allowed while choked,
 * and lives through chokes in between.
 *
 * @throws PeerError E_UNCHOKE_TIMEOUT, E_BLOCK_TIMEOUT, E_REQUEST_REJECTED, E_UNREQUESTED_BLOCK, or why the connection ended
 */
export async function fetchRange(connection: PeerConnection, options: RangeOptions): Promise<RangeFetch> {
  const { range, clock } = options
  const reqq = connection.state.extensionHandshake?.reqq ?? DEFAULT_REQQ
  const fetching = new RangeFetch(range, Math.min(reqq, MAX_DEPTH))
  const rejects = { count: 0 }
  while (!fetching.isDone) {
    if (!mayRequest(connection.state, range.piece)) {
      await waitForUnchoke(connection, options.unchokeTimeoutMs, clock.now())
    }
    const requests = fetching.next(clock.now()).map((request) => ({ type: 'request', ...request }) as const)
    if (requests.length > 0) await connection.send(...requests)
    const batch = await connection.nextBatch(clock.now() + BLOCK_TIMEOUT_MS)
    if (batch.length === 0) throw blockTimeout(fetching, range)
    for (const message of batch) take(message, fetching, connection.state, rejects, clock.now())
    await refuse(connection, batch)
  }
  return fetching
}

function mayRequest({ choking, fast }: SessionState, piece: number): boolean {
  return !choking.peerChoking || fast.canRequestWhileChoked(piece)
}

function take(
  message: Message,
  fetching: RangeFetch,
  state: SessionState,
  rejects: { count: number },
  at: number,
): void {
  switch (message.type) {
    case 'piece': {
      const result = fetching.received(message.piece, message.begin, message.block, at)
      // without the fast extension an answer may cross a choke; with it the peer must not do that (BEP 6)
      if (result === 'unrequested' && state.negotiated('fast')) throw unrequested(message)
      return
    }
    case 'reject':
      if (!fetching.rejected(message)) return
      if (!state.choking.peerChoking && ++rejects.count > MAX_REJECTS) throw rejected(message)
      return
    case 'choke':
      if (!state.negotiated('fast')) fetching.dropped()
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

function blockTimeout(fetching: RangeFetch, { piece, length }: BlockRequest): PeerError {
  const came = fetching.answered.reduce((bytes, { request }) => bytes + request.length, 0)
  const message = `no block of piece ${piece} came in ${BLOCK_TIMEOUT_MS} ms; ${came} of ${length} bytes had come`
  return new PeerError('E_BLOCK_TIMEOUT', message, {
    phase: 'transfer',
    hint: `requests of at most ${BLOCK_LENGTH} bytes were sent while unchoked: the peer ignores them`,
  })
}
