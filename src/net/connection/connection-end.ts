import { PeerError } from '../../base/errors.ts'
import type { Phase } from '../../base/phase.ts'
import { FIREWALL_HINT } from '../socket-errors.ts'
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
  })
}

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
  }
}
