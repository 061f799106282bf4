import type { ProbeReport } from '../../model/why.ts'
import { count } from '../quantity.ts'
import { isStop } from '../session/verdict.ts'

/** How a probe ended, in a few words: who closed and how, after how many bytes each way. */
export function describeProbeEnd(probe: ProbeReport): string {
  const { closedBy, closeReason, bytesSent, bytesReceived } = probe
  if (closedBy === null) return unconnected(probe)
  const came = bytesReceived === 0 ? 'nothing came' : `${count(bytesReceived, 'byte')} came`
  const reason = closeReason === null ? '' : `, reason ${closeReason.code}`
  if (closedBy === 'network') return `lost by the network after our ${count(bytesSent, 'byte')}, ${came}`
  if (closedBy === 'us') return closedByUs(probe, came)
  const kind = probe.closeKind === 'rst' ? 'RST' : 'FIN'
  if (bytesSent === 0)
    return `${kind} before our first byte${reason}${bytesReceived === 0 ? '' : `, ${came}`}`
  return `${kind} after our ${count(bytesSent, 'byte')}${reason}, ${came}`
}

/** We close when we have seen enough, and when what we wait for does not come. */
function closedByUs({ error, bytesSent, blocks }: ProbeReport, came: string): string {
  const served = blocks === null || blocks === 0 ? '' : `${count(blocks, 'block')} came`
  if (error === null) return served === '' ? `${came}, and we closed` : served
  const what = WAITED_FOR[error.code]
  if (what === undefined) return `${came} for our ${count(bytesSent, 'byte')}, and we closed`
  return `${what}, ${served === '' ? came : served}`
}

const WAITED_FOR: { readonly [code in string]?: string } = {
  E_HANDSHAKE_TIMEOUT: 'no handshake in time',
  E_ENCRYPTION_FAILED: 'MSE failed',
  E_PIECE_UNAVAILABLE: 'no piece on offer',
  E_UNCHOKE_TIMEOUT: 'never unchoked',
  E_BLOCK_TIMEOUT: 'no block in time',
  E_REQUEST_REJECTED: 'request rejected',
  E_PIECE_HASH: 'a piece with a wrong hash',
  E_WRONG_INFO_HASH: 'another info hash',
  E_SELF_CONNECTION: 'our own peer id',
}

/** Over UDP, the system of the peer reports a port that is not in use. */
function unconnected({ outcome, transport, closeKind, error }: ProbeReport): string {
  if (error !== null && isStop(error.code)) return 'stopped'
  if (outcome === 'refused' && transport === 'utp') {
    return closeKind === 'rst' ? 'answered with a RESET' : 'port unreachable'
  }
  if (outcome === 'refused') return 'refused'
  if (outcome === 'timeout') return 'no answer'
  return outcome === 'unreachable' ? 'unreachable' : 'no connection'
}
