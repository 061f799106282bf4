import { beginsHandshake, HANDSHAKE_LENGTH } from '../../wire/handshake/handshake.ts'
import { serviceOf } from '../../wire/service.ts'
import { isUtpPortUnused } from '../cause/observation.ts'
import type { Seen } from './path.ts'

/** What each probe does, as the first part of a line of evidence. */
const PROBES: { readonly [how in Seen['probe']['how']]: string } = {
  key: 'encryption key',
  steps: 'handshake in steps',
  'steps-control': 'wrong protocol name',
  http: 'HTTP request',
  tls: 'TLS hello',
  socks: 'SOCKS greeting',
  silence: 'silence',
  session: 'handshake',
  'at-once': 'handshake at once',
  'small-requests': 'small requests',
}

/** What the probes saw, a line each in the order of the probes; equal lines once, with how often they occurred. */
export function describeEvidence(seen: readonly Seen[]): readonly string[] {
  const times = new Map<string, number>()
  for (const one of seen.toSorted((a, b) => a.number - b.number)) {
    const line = describeSeen(one)
    times.set(line, (times.get(line) ?? 0) + 1)
  }
  return [...times].map(([line, count]) => (count === 1 ? line : `${line} (${count} times)`))
}

/** One probe and how it ended. */
function describeSeen(seen: Seen): string {
  const { probe, reach } = seen
  if (reach.outcome !== 'connected') return describeUnreached(seen)
  if (probe.transport === 'utp') return 'uTP: the start of a connection was answered'
  return `${PROBES[probe.how]}: ${describeEnd(seen)}`
}

function describeEnd(seen: Seen): string {
  const { ending, close, first, bytesReceived, bytesSent, earlyBytes, echoes, probe } = seen
  switch (ending) {
    case 'closed-on-accept':
      return probe.how === 'silence'
        ? `${verb(seen)} after ${seconds(close?.afterMs ?? 0)}, nothing came`
        : `${verb(seen)} before our first byte`
    case 'closed-unanswered':
      return `${verb(seen)} after our ${bytesSent} bytes, nothing came`
    case 'key-closed':
    case 'key-silent':
      return 'answered with its own, after ours'
    case 'silent':
      return `nothing came in ${seconds(close?.afterMs ?? 0)}`
    case 'lost':
      return 'the network lost the connection'
    default: {
      if (echoes && probe.how === 'key') return 'our own bytes came back'
      const when =
        earlyBytes > 0 ? 'before our first byte' : `after our ${seen.answeredAfter ?? bytesSent} bytes`
      return `${whatCame(first, bytesReceived)} came ${when}`
    }
  }
}

function whatCame(first: Uint8Array, length: number): string {
  if (beginsHandshake(first)) return length < HANDSHAKE_LENGTH ? 'the start of a handshake' : 'a handshake'
  const service = serviceOf(first)?.name
  if (service !== undefined) return `bytes of ${service}`
  return length === 1 ? 'a byte' : `${length} bytes`
}

function verb({ close }: Seen): string {
  return close?.kind === 'rst' ? 'reset' : 'closed'
}

function describeUnreached(seen: Seen): string {
  const { probe, reach, error } = seen
  const { outcome, system } = reach
  switch (outcome) {
    case 'refused':
      if (probe.transport === 'tcp') return 'the connection was refused'
      return isUtpPortUnused(seen)
        ? 'the system there reports that the UDP port is not in use'
        : 'uTP: the start of a connection was answered with a RESET'
    case 'timed-out':
      return probe.transport === 'utp'
        ? 'no answer to the start of a uTP connection'
        : 'no answer to the start of a connection'
    default:
      return error?.message ?? (system === undefined ? 'not tried' : system)
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
