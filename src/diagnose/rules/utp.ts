import type { Conversation, Observation, Rule } from '../rule.ts'

/** BEP 29: what the figures of a uTP connection tell. */
export const utpRules: readonly Rule[] = [window, acknowledgements, path]

/** An honest window only shrinks as we send, and we hardly send anything. */
function* window({ context: { utp } }: Conversation): Generator<Observation> {
  if (utp === undefined || utp.packetsReceived === 0 || utp.peerWindow >= utp.packetPayload) return
  const detail = `${utp.peerWindow} bytes at the end, where a packet of ours has up to ${utp.packetPayload}`
  yield { id: 'utp-window-small', detail }
}

function* acknowledgements({ context: { utp } }: Conversation): Generator<Observation> {
  if (utp === undefined || utp.packetsIgnored === 0) return
  const detail = `${utp.packetsIgnored} of ${utp.packetsReceived} packets, which are ignored`
  yield { id: 'utp-acknowledgement-invalid', detail }
}

function* path({ context: { utp } }: Conversation): Generator<Observation> {
  if (utp === undefined) return
  const counts = [
    [utp.packetsResent, 'sent again'],
    [utp.timeouts, 'time-outs'],
    [utp.duplicatesReceived, 'received twice'],
    [utp.outOfOrderReceived, 'received out of order'],
  ] as const
  const seen = counts.filter(([count]) => count > 0)
  if (seen.length === 0) return
  yield { id: 'utp-path-trouble', detail: seen.map(([count, what]) => `${count} ${what}`).join(', ') }
}
