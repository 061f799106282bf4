import type { PeerConnection } from '../../net/connection/peer-connection.ts'
import { refusal } from '../../session/peer/rejections.ts'
import type { SessionState } from '../../session/peer/state.ts'
import type { Message } from '../../wire/message/message.ts'
import { UT_METADATA_ID } from '../../wire/extension/codecs.ts'
import type { SessionLog } from './log.ts'

/**
 * Reads from the peer, and refuses its requests, until a condition on the session state holds.
 *
 * @param deadline on the clock of the connection, in milliseconds
 * @returns false if the deadline passes first
 * @throws PeerError if the connection ends first
 */
export async function listenUntil(
  connection: PeerConnection,
  condition: (state: SessionState) => boolean,
  deadline: number,
): Promise<boolean> {
  for (;;) {
    if (condition(connection.state)) return true
    if (!(await connection.untilMessages(deadline))) return condition(connection.state)
    refuse(connection, connection.takeMessages())
  }
}

/** Reads until the peer has been quiet for `settleMs`, but not past the deadline. */
export async function listenUntilQuiet(
  connection: PeerConnection,
  log: SessionLog,
  settleMs: number,
  deadline: number,
): Promise<void> {
  for (;;) {
    const before = log.receivedCount
    const until = Math.min(deadline, log.lastReceivedAt + settleMs)
    await listenUntil(connection, () => log.receivedCount !== before, until)
    if (log.receivedCount === before || until === deadline) return
  }
}

/** Answers the requests in a batch like a peer without pieces. */
export function refuse(connection: PeerConnection, batch: readonly Message[]): void {
  const answers = batch.flatMap((message) => refusal(message, connection.state, UT_METADATA_ID) ?? [])
  if (answers.length === 0) return
  // no need to wait until the peer reads this: until then, the connection does not read from the peer
  connection.send(...answers).catch(() => undefined)
}

/**
 * Whether the peer has sent its extension handshake, valid or not, if one was negotiated, and its pieces. Without the
 * fast extension, a peer without pieces need not send a bitfield (BEP 3). Only waiting distinguishes it from a slow
 * peer: Transmission sends its bitfield half a second after its handshake.
 */
export function isComplete(state: SessionState): boolean {
  return state.availability.source !== 'none' && !isExtensionHandshakeMissing(state)
}

function isExtensionHandshakeMissing(state: SessionState): boolean {
  return state.negotiated('extension-protocol') && !state.hasExtensionHandshake
}
