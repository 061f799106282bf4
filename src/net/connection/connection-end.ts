import { PeerError } from '../../base/errors.ts'
import type { Phase } from '../../base/phase.ts'
import { HANDSHAKE_LENGTH } from '../../wire/handshake/handshake.ts'
import { BUG_HINT, FIREWALL_HINT } from '../socket-errors.ts'
import type { TransportEnd, TransportFailure } from '../transport.ts'

/** How a connection ended, and how much had been transferred. */
export interface ConnectionEnd extends TransportEnd {
  readonly phase: Phase
  readonly bytesSent: number
  readonly bytesReceived: number
}

/** The error for a connection that ended early. */
export function connectionError(end: ConnectionEnd, open: boolean): PeerError {
  if (end.failure !== undefined) return failureError(end, end.failure, open)
  const reason =
    end.reason === undefined ? '' : `, giving its reason as ${end.reason.name} (${end.reason.code})`
  const message = `${whatHappened(end)} after ${end.bytesReceived} bytes in and ${end.bytesSent} bytes out${reason}`
  const stage = open ? 'SESSION' : 'HANDSHAKE'
  return new PeerError(`E_${stage}_${end.kind === 'rst' ? 'RESET' : 'CLOSED'}`, message, {
    phase: end.phase,
    offset: end.bytesReceived,
    ...(isTurnedAway(end, open) ? { hint: TURNED_AWAY_HINT } : {}),
  })
}

/** A reset need not come from the peer: a filter on the path can send one in its name. */
function whatHappened({ by, kind }: ConnectionEnd): string {
  if (by === 'us') return kind === 'rst' ? 'we reset the connection' : 'we closed the connection'
  return kind === 'rst' ? 'the connection was reset' : 'the peer closed the connection'
}

const TURNED_AWAY_HINT =
  'it started its handshake and closed before it sent an info hash: an unknown or stopped torrent, a limit, a ban of this address or this client, another connection from this address and a filter on the path look alike'

/**
 * The peer sent the protocol name, which some clients do before they read an info hash, but did not name a torrent. It had
 * read our handshake: a socket that is closed with unread bytes sends a reset.
 */
function isTurnedAway({ by, kind, phase, bytesSent, bytesReceived }: ConnectionEnd, open: boolean): boolean {
  const { least, most } = BEFORE_INFO_HASH
  const isEarly = phase === 'handshake' && bytesReceived >= least && bytesReceived <= most
  return !open && by === 'peer' && kind === 'fin' && isEarly && bytesSent >= HANDSHAKE_LENGTH
}

/** Bytes of a handshake up to its protocol name, and up to its info hash. */
const BEFORE_INFO_HASH = { least: 20, most: 47 }

/** Neither side closed, so the message must not say that one did. */
function failureError(
  { phase, bytesSent, bytesReceived }: ConnectionEnd,
  { type, detail }: TransportFailure,
  open: boolean,
): PeerError {
  const stage = open ? 'SESSION' : 'HANDSHAKE'
  const bytes = `after ${bytesReceived} bytes in and ${bytesSent} bytes out`
  const details = { phase, offset: bytesReceived }
  switch (type) {
    case 'lost':
      return new PeerError(`E_${stage}_LOST`, `the connection was lost ${bytes}: ${detail}`, {
        ...details,
        hint: 'neither side closed it: check the network, and whether the machine of the peer is still running',
      })
    case 'unanswered':
      return new PeerError(`E_${stage}_TIMEOUT`, `the connection timed out ${bytes}: ${detail}`, {
        ...details,
        hint: 'a path that failed, a machine that went down and a client that hangs look the same from here',
      })
    case 'blocked':
      return new PeerError('E_LOCAL_FIREWALL', `this machine blocked the connection ${bytes}: ${detail}`, {
        ...details,
        hint: FIREWALL_HINT,
      })
    case 'bug':
      return new PeerError('E_INTERNAL', `the connection failed on this side ${bytes}: ${detail}`, {
        ...details,
        hint: BUG_HINT,
      })
  }
}
