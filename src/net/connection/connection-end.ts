import { PeerError } from '../../base/errors.ts'
import type { Phase } from '../../base/phase.ts'
import type { TransportEnd } from '../transport.ts'

/** How a connection ended, with what had passed by then. */
export interface ConnectionEnd extends TransportEnd {
  readonly phase: Phase
  readonly bytesSent: number
  readonly bytesReceived: number
}

/** What an end means that came too early. */
export function connectionError(end: ConnectionEnd, open: boolean): PeerError {
  if (end.error !== undefined) return end.error
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
