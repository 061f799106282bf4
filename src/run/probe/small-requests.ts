import type { BlockRequest } from '../../session/block.ts'
import type { Message } from '../../wire/message/message.ts'
import { listenUntil, refuse } from '../session/listen.ts'
import { unchokeTimeout } from '../session/timeouts.ts'
import { patience, SMALL_BLOCK_MS, SMALL_LENGTHS } from './limits.ts'
import { choosePiece, firstBlock, type Requesting } from './requests.ts'

/**
 * Requests small blocks of growing length, one after the other, each for a short time.
 * @throws PeerError E_UNCHOKE_TIMEOUT
 */
export async function requestSmallBlocks(requesting: Requesting): Promise<void> {
  const { connection, roundTripMs, context } = requesting
  const { ports, limits, torrent } = context
  const { state } = connection
  if (!state.choking.amInterested) await connection.send({ type: 'interested' })
  const mayRequest = () =>
    !state.choking.peerChoking || state.fast.allowedByPeer.some((piece) => state.availability.has(piece))
  const deadline = ports.clock.now() + limits.unchokeTimeoutMs
  if (!(await listenUntil(connection, mayRequest, deadline)))
    throw unchokeTimeout(limits.unchokeTimeoutMs, state)
  const chosen = choosePiece(state, torrent())
  if (chosen === undefined) return
  for (const length of SMALL_LENGTHS) {
    await requestOne(requesting, firstBlock(chosen, length), patience(SMALL_BLOCK_MS, roundTripMs))
  }
}

/** Requests a block, and waits for it or for its rejection. */
async function requestOne(
  { connection, context }: Requesting,
  request: BlockRequest,
  waitMs: number,
): Promise<void> {
  await connection.send({ type: 'request', ...request })
  const deadline = context.ports.clock.now() + waitMs
  while (await connection.untilMessages(deadline)) {
    const batch = connection.takeMessages()
    refuse(connection, batch)
    if (batch.some((message) => isAnswer(message, request))) return
  }
}

function isAnswer(message: Message, { piece, begin, length }: BlockRequest): boolean {
  if (message.type !== 'piece' && message.type !== 'reject') return false
  const answered = message.type === 'piece' ? message.block.length : message.length
  return message.piece === piece && message.begin === begin && answered === length
}
