import type { Probe } from '../../trace/probe.ts'
import { type Case, isServed, isSession, isTurnedAway, type Seen } from './case.ts'
import type { CauseCode } from './causes.ts'
import { isSpoiled } from './ending.ts'
import type { FactSheet } from './fact-sheet.ts'
import { REASONS } from './rows.ts'

/** What can be probed. */
export interface Scope {
  /** The .torrent is known, and with it sizes and hashes. */
  readonly hasTorrent: boolean
  /** The torrent has a v1 and a v2 info hash. */
  readonly hasOtherHash: boolean
  /** Other addresses of this machine from which the peer may be reached. */
  readonly otherSources: readonly string[]
  readonly transports: readonly ('tcp' | 'utp')[]
  /** How many more connections may be made. */
  readonly probesLeft: number
}

/** The next connection, and why it is made. */
export interface PlannedProbe {
  readonly probe: Probe
  /** How long to wait after the end of the last connection, in milliseconds. */
  readonly pauseMs: number
  /** How long to wait for the first answer, in milliseconds. */
  readonly answerMs: number
  /** What the last probes left open, in words: `TCP closed without a byte`. */
  readonly reason: string
}

/** Everything that the choice depends on. */
interface Known {
  readonly seen: Case
  readonly facts: FactSheet
  readonly scope: Scope
  readonly certain: readonly CauseCode[]
}

/** One line of the plan: the probe, when it can change the answer, and how long to wait for one. */
interface Step {
  readonly probe: (known: Known) => Partial<Probe> | undefined
  readonly reason: string
  readonly answerMs?: number
}

const USUAL: Probe = {
  how: 'session',
  transport: 'tcp',
  variant: 'plaintext',
  hash: 'target',
  identity: 'own',
  reserved: 'usual',
  source: null,
}

/** Transmission refuses a connection within half a second after the last one. */
const PAUSE_MS = 1000

/** A banner can come ten seconds late. */
const FIRST_ANSWER_MS = 10_000

/** Every client answers within a second; a slow path needs more. */
const ANSWER_MS = 3_000
const NUDGE_MS = 2_000

/** In the order in which they are tried; the first whose condition holds is next. */
const STEPS: readonly Step[] = [
  {
    probe: (k) => (k.seen.all.length === 0 ? firstProbe(k.scope) : undefined),
    reason: 'the usual way first',
    answerMs: FIRST_ANSWER_MS,
  },
  { probe: spoiled, reason: 'the shared secret began with a zero byte, which some clients get wrong' },
  // which service: only for a peer that said nothing
  nudge('http', 'it is silent: perhaps it waits for HTTP'),
  nudge('tls', 'it is silent: perhaps it waits for TLS'),
  nudge('socks', 'it is silent: perhaps it waits for SOCKS'),
  // echo or ourselves
  { probe: (k) => once(k, k.facts.has('own-id'), { how: 'key' }), reason: 'our own peer id came back' },
  // the other ways
  {
    probe: (k) => once(k, isUnanswered(k), { variant: 'mse' }),
    reason: 'it did not answer a plaintext handshake',
  },
  {
    probe: (k) => once(k, isClosedAfterSelect(k), { variant: 'mse-with-handshake' }),
    reason: 'it closed after choosing a method: RC4 alone may pass',
  },
  {
    probe: (k) => once(k, needsUtp(k), { transport: 'utp' }),
    reason: 'uTP can give a reason, where TCP only closes',
    answerMs: ANSWER_MS,
  },
  {
    probe: (k) => once(k, needsInnerReason(k), { transport: 'utp', variant: 'mse' }),
    reason: 'inside MSE uTP can give the reason behind the first one',
  },
  {
    probe: (k) => once(k, needsControl(k), { transport: 'utp', hash: 'random' }),
    reason: 'to see whether a random hash is refused in the same way',
  },
  {
    probe: (k) => once(k, k.scope.hasOtherHash && isRefused(k), { hash: 'other' }),
    reason: 'the torrent has another info hash',
  },
  { probe: otherAddress, reason: 'to see whether another address is treated in the same way' },
  {
    probe: (k) => once(k, needsSteps(k), { how: 'steps' }),
    reason: 'the handshake in parts shows which part is refused',
  },
  {
    probe: (k) =>
      once(
        k,
        k.seen.probes({ how: 'steps' }).some(({ close }) => (close?.sent ?? 0) >= 48) && !k.facts.has('key'),
        { how: 'steps-control' },
      ),
    reason: 'a control: is any other text refused at the same byte?',
  },
  {
    probe: (k) => once(k, isUnproven(k), { identity: 'other-client' }),
    reason: 'to see whether our client name is the reason',
  },
  {
    probe: (k) => once(k, isUnproven(k), { reserved: 'none' }),
    reason: 'to see whether a reserved bit is the reason',
  },
  nudgeClosed('http', 'nothing proves BitTorrent: perhaps it is HTTP'),
  nudgeClosed('tls', 'nothing proves BitTorrent: perhaps it is TLS'),
  nudgeClosed('socks', 'nothing proves BitTorrent: perhaps it is SOCKS'),
  // a session that does not serve
  {
    probe: (k) => once(k, isStuck(k), { hash: 'random' }, best(k)),
    reason: 'to see whether it answers any info hash',
  },
  {
    probe: (k) => once(k, isTurnedAwayNow(k), { identity: 'other-client' }, best(k)),
    reason: 'to see whether our client name is the reason',
  },
  {
    probe: (k) => once(k, isTurnedAwayNow(k), { reserved: 'none' }, best(k)),
    reason: 'to see whether a reserved bit is the reason',
  },
  {
    probe: (k) => once(k, k.facts.has('no-block'), { how: 'small-requests' }, best(k)),
    reason: 'no block came: perhaps a small one does',
  },
  {
    probe: (k) => once(k, k.facts.has('no-block') && k.facts.has('small-blocks-only'), { transport: 'utp' }),
    reason: 'uTP uses smaller packets',
  },
  // a difference proves something only when it lasts
  {
    probe: (k) => again(k, needsPlainAgain(k), {}, {}, k.facts.has('encrypted-session') ? 3 : 2),
    reason: 'once more, to see whether the difference lasts',
  },
  {
    probe: (k) => again(k, needsEncryptedAgain(k), { variant: 'mse' }),
    reason: 'once more, to see whether the difference lasts',
  },
]

/** The next probe that can still change the answer. */
export function nextProbe(known: Known): PlannedProbe | undefined {
  for (const { probe, reason, answerMs = ANSWER_MS } of STEPS) {
    const chosen = probe(known)
    if (chosen === undefined) continue
    const pauseMs = known.seen.all.length === 0 ? 0 : PAUSE_MS
    return { probe: { ...USUAL, ...chosen }, pauseMs, answerMs, reason }
  }
  return undefined
}

function firstProbe({ transports }: Scope): Partial<Probe> {
  return { transport: transports[0] ?? 'tcp' }
}

/** The probe if it was not made yet. */
function once(
  known: Known,
  wanted: boolean,
  change: Partial<Probe>,
  from: Partial<Probe> = {},
): Partial<Probe> | undefined {
  return again(known, wanted, change, from, 1)
}

/** The probe if it was not made so often yet. */
function again(
  { seen, scope }: Known,
  wanted: boolean,
  change: Partial<Probe>,
  from: Partial<Probe> = {},
  times = 2,
): Partial<Probe> | undefined {
  if (!wanted) return undefined
  const probe = { ...USUAL, ...from, ...change }
  if (!scope.transports.includes(probe.transport)) return undefined
  return seen.probes(probe).length < times ? probe : undefined
}

function nudge(how: 'http' | 'tls' | 'socks', reason: string): Step {
  return {
    probe: (k) => once(k, k.facts.has('silent') && !hasService(k), { how }),
    reason,
    answerMs: NUDGE_MS,
  }
}

function nudgeClosed(how: 'http' | 'tls' | 'socks', reason: string): Step {
  const wanted = (k: Known) => k.facts.has('closed-on-handshake') && !isProven(k) && !hasService(k)
  return { probe: (k) => once(k, wanted(k), { how }), reason, answerMs: NUDGE_MS }
}

function begin({ seen }: Known): Seen | undefined {
  return seen.all[0]
}

function best({ seen }: Known): Partial<Probe> {
  const { transport, variant } = seen.best?.probe ?? USUAL
  return { transport, variant }
}

function hasSession({ seen }: Known): boolean {
  return seen.best !== undefined
}

function hasService({ certain }: Known): boolean {
  return certain.some((code) => SERVICES.has(code))
}

const SERVICES: ReadonlySet<CauseCode> = new Set([
  'http-server',
  'tls-service',
  'socks-proxy',
  'other-service',
  'not-bittorrent',
  'nearly-bittorrent',
  'echo',
  'ourselves',
  'other-torrent',
])

function hasReason({ facts }: Known): boolean {
  return REASONS.some((fact) => facts.has(fact))
}

/** BitTorrent is proven without a session. */
function isProven({ facts, seen }: Known): boolean {
  return (
    seen.all.some(isSession) ||
    facts.has('key') ||
    facts.has('utp-answers') ||
    facts.has('read-hash') ||
    facts.has('answers-and-closes')
  )
}

function spoiled({ seen, scope }: Known): Partial<Probe> | undefined {
  const last = seen.all.at(-1)
  if (last === undefined || !isSpoiled(last) || last.ending === 'session') return undefined
  // two in a row have a chance of 1 in 65536
  if (seen.all.filter(isSpoiled).length > 2 || scope.probesLeft <= 0) return undefined
  return last.probe
}

/** TCP connects, and a plaintext handshake brings nothing of BitTorrent. */
function isUnanswered(known: Known): boolean {
  const ending = begin(known)?.ending
  if (hasService(known) || hasSession(known)) return false
  return (
    ending === 'closed-unanswered' ||
    ending === 'silent' ||
    ending === 'lost' ||
    ending === 'part-handshake' ||
    ending === 'closed-on-accept'
  )
}

function isClosedAfterSelect({ seen }: Known): boolean {
  return seen.encrypted.some(
    ({ ending, encryption, probe }) =>
      ending === 'known-closed' && encryption?.selected !== undefined && probe.variant === 'mse',
  )
}

function needsUtp(known: Known): boolean {
  const { seen, facts } = known
  const ending = begin(known)?.ending
  if (ending === undefined || hasService(known)) return false
  if (ending === 'not-connected') {
    const outcome = begin(known)?.reach.outcome
    return (
      outcome === 'refused' ||
      outcome === 'timed-out' ||
      (outcome === 'unreachable' && !facts.has('no-route'))
    )
  }
  if (ending === 'session') return false
  // an encrypted session that asks for encryption explains the refusal of plaintext
  return !(
    seen.encrypted.some(isSession) &&
    facts.has('asks-for-encryption') &&
    !facts.has('answers-and-closes')
  )
}

function needsInnerReason(known: Known): boolean {
  const { seen, facts } = known
  if (facts.has('utp-session') || hasReason(known)) return false
  if (facts.has('reason-encryption')) return true
  // Transmission closes without a reason, and proves with MSE that it knows the hash
  const isTcpMute = begin(known)?.ending === 'not-connected' || begin(known)?.ending === 'closed-on-accept'
  return isTcpMute && seen.utp.some(({ ending }) => ending === 'closed-unanswered')
}

function needsControl(known: Known): boolean {
  return (
    known.facts.has('reason-encryption') &&
    !known.facts.has('utp-session') &&
    !known.facts.has('reason-unknown')
  )
}

function isRefused(known: Known): boolean {
  return (
    !hasSession(known) &&
    (known.facts.has('key-closed') ||
      known.facts.has('reason-unknown') ||
      known.facts.has('closed-on-handshake'))
  )
}

/** From each other address once, when the peer may treat addresses differently. */
function otherAddress(known: Known): Partial<Probe> | undefined {
  const { seen, facts, scope, certain } = known
  if (
    certain.includes('torrent-inactive') ||
    certain.includes('connection-limit') ||
    certain.includes('torrent-unknown')
  )
    return undefined
  const isAboutUs =
    (facts.has('closed-on-accept') && !facts.has('utp-session')) ||
    facts.has('knows-hash') ||
    facts.has('answers-and-closes') ||
    (facts.has('key-closed') && !hasReason(known) && !hasSession(known)) ||
    (facts.has('turned-away') && !hasComparison(known))
  if (!isAboutUs) return undefined
  const variant =
    facts.has('knows-hash') && !facts.has('turned-away') ? 'mse' : (seen.best?.probe.variant ?? 'plaintext')
  const source = scope.otherSources.find((one) => seen.probes({ source: one }).length === 0)
  return source === undefined || seen.elsewhere.length >= 2
    ? undefined
    : { source, variant: facts.has('closed-on-accept') ? 'plaintext' : variant }
}

function hasComparison({ facts }: Known): boolean {
  return facts.has('random-hash-answered') || facts.has('other-name-goes-on') || facts.has('no-bits-goes-on')
}

function needsSteps(known: Known): boolean {
  const { facts } = known
  return (
    !hasSession(known) &&
    !hasReason(known) &&
    !hasService(known) &&
    facts.has('closed-on-handshake') &&
    !facts.has('knows-hash')
  )
}

/** It closes on a plaintext handshake, and neither MSE nor uTP brought anything of BitTorrent. */
function isUnproven(known: Known): boolean {
  const { facts } = known
  return (
    facts.has('closed-on-handshake') && !facts.has('key') && !facts.has('utp-answers') && !hasSession(known)
  )
}

/** A session that leads to no block, where the peer may not mean what it says. */
function isStuck(known: Known): boolean {
  return isTurnedAwayNow(known) || known.facts.has('still-choked') || known.facts.has('claims-nothing')
}

function isTurnedAwayNow({ seen, facts }: Known): boolean {
  const { best: one } = seen
  return (
    one !== undefined &&
    isTurnedAway(one) &&
    !facts.has('answers-and-closes') &&
    !facts.has('random-hash-answered')
  )
}

function needsPlainAgain(known: Known): boolean {
  const { seen, facts } = known
  const ending = begin(known)?.ending
  if (ending === undefined || hasService(known)) return false
  if (facts.has('closed-on-request') || facts.has('answered-in-steps')) return true
  if (ending === 'session') return hasComparison(known) && !facts.has('random-hash-answered')
  const isElsewhere = facts.has('other-address-answered')
  const other = seen.ordinary.some((one) => one !== begin(known) && isSession(one) && !isTurnedAway(one))
  return (
    other || isElsewhere || hasComparison(known) || (ending === 'not-connected' && facts.has('utp-answers'))
  )
}

function needsEncryptedAgain({ seen, facts }: Known): boolean {
  return (
    facts.has('closed-on-handshake-again') &&
    !facts.has('asks-for-encryption') &&
    !facts.has('reason-encryption') &&
    seen.encrypted.some((one) => isSession(one) && isServed(one.session))
  )
}
