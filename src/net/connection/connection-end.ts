import { PeerError } from '../../base/errors.ts'
import type { Phase } from '../../base/phase.ts'
import { HANDSHAKE_LENGTH } from '../../wire/handshake/handshake.ts'
import { BUG_HINT, FIREWALL_HINT } from '../socket-errors.ts'
import type { TransportEnd, TransportFailure } from '../transport.ts'

/** How a connection ended, with what had passed by then. */
export interface ConnectionEnd extends TransportEnd {
  readonly phase: Phase
  readonly bytesSent: number
  readonly bytesReceived: number
}

/** What an end means that came too early. */
export function connectionError(end: ConnectionEnd, open: boolean): PeerError {
  if (end.failure !== undefined) return failureError(end, end.failure, open)
  const by = end.by === 'us' ? 'we' : 'the peer'
  const how = end.kind === 'rst' ? 'reset the connection' : 'closed the connection'
  const reason =
    end.reason === undefined ? '' : `, giving its reason as ${end.reason.name} (${end.reason.code})`
  const message = `${by} ${how} after ${end.bytesReceived} bytes in and ${end.bytesSent} bytes out${reason}`
  const stage = open ? 'SESSION' : 'HANDSHAKE'
  return new PeerError(`E_${stage}_${end.kind === 'rst' ? 'RESET' : 'CLOSED'}`, message, {
    phase: end.phase,
    offset: end.bytesReceived,
    ...(isTurnedAway(end, open) ? { hint: TURNED_AWAY_HINT } : {}),
  })
}

const TURNED_AWAY_HINT =
  'it began its handshake and closed before its info hash had come: most likely it does not have this torrent'

/**
 * The peer named the protocol, which some do before they have read an info hash, and did not name a torrent. It had read ours:
 * a socket that is closed with unread bytes sends a reset.
 */
function isTurnedAway({ by, kind, phase, bytesSent, bytesReceived }: ConnectionEnd, open: boolean): boolean {
  const { least, most } = BEFORE_INFO_HASH
  const isEarly = phase === 'handshake' && bytesReceived >= least && bytesReceived <= most
  return !open && by === 'peer' && kind === 'fin' && isEarly && bytesSent >= HANDSHAKE_LENGTH
}

/** Bytes of a handshake up to its protocol name, and up to its info hash. */
const BEFORE_INFO_HASH = { least: 20, most: 47 }

/** Neither side closed, so nothing here says that one of them did. */
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
        hint: 'neither side closed it: check the path, or whether the machine of the peer still runs',
      })
    case 'unanswered':
      return new PeerError(`E_${stage}_TIMEOUT`, `we gave the connection up ${bytes}: ${detail}`, {
        ...details,
        hint: 'the path may be gone, or the client of the peer hangs: from here these look the same',
      })
    case 'blocked':
      return new PeerError('E_LOCAL_FIREWALL', `this machine stopped the connection ${bytes}: ${detail}`, {
        ...details,
        hint: FIREWALL_HINT,
      })
    case 'bug':
      return new PeerError('E_INTERNAL', `the connection failed here ${bytes}: ${detail}`, {
        ...details,
        hint: BUG_HINT,
      })
  }
}
