import type { PeerConnection } from '../../net/connection/peer-connection.ts'
import { refusal } from '../../session/peer/rejections.ts'
import type { SessionState } from '../../session/peer/state.ts'
import type { Message } from '../../wire/message/message.ts'
import { UT_METADATA_ID } from '../../wire/extension/codecs.ts'
import type { SessionLog } from './log.ts'

/**
 * Reads from the peer, refusing politely what it asks of us, until a condition on its state holds.
 *
 * @param deadline on the clock of the connection, in milliseconds
 * @returns false when the deadline passed first
 * @throws PeerError when the connection ends first
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

/** Reads until no message came for `settleMs`, but not past the deadline. */
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

/** Answers the requests of one batch as a peer that has nothing. */
export function refuse(connection: PeerConnection, batch: readonly Message[]): void {
  const answers = batch.flatMap((message) => refusal(message, connection.state, UT_METADATA_ID) ?? [])
  if (answers.length === 0) return
  // nobody waits for a peer to read that; while it does not, the connection reads nothing more from it
  connection.send(...answers).catch(() => undefined)
}

/**
 * The extension handshake has come, readable or not, if there is to be one, and the peer has said what it has. Without the fast extension a
 * peer that has nothing says nothing (BEP 3), and only waiting tells it from one that is slow: Transmission sends its
 * bitfield half a second after its handshake.
 */
export function isComplete(state: SessionState): boolean {
  return state.availability.source !== 'none' && !isExtensionHandshakeMissing(state)
}

function isExtensionHandshakeMissing(state: SessionState): boolean {
  return state.negotiated('extension-protocol') && !state.hasExtensionHandshake
}
