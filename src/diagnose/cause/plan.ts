import type { Probe } from '../../trace/probe.ts'
import { isSpoiled } from './ending.ts'
import { hasService, isProven, type Known, type Scope } from './known.ts'
import {
  hasReadHash,
  isAboutUs,
  isClosedAfterSelect,
  isClosedInSilence,
  isMuteInPlaintext,
  isRefused,
  isStuck,
  isTurnedAwayNow,
  isUnanswered,
  isUnproven,
  needsControl,
  needsEncryptedAgain,
  needsInnerReason,
  needsPlainAgain,
  needsSteps,
  needsUtp,
  plainTimes,
} from './worthwhile.ts'

/** The next connection, and why it is made. */
export interface PlannedProbe {
  readonly probe: Probe
  /** How long to wait after the end of the last connection, in milliseconds. */
  readonly pauseMs: number
  /** How long to wait for the connection, and then for a handshake, in milliseconds. */
  readonly answerMs: number
  /** What the last probes left open, in words: `TCP closed without a byte`. */
  readonly reason: string
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

/** After a connection on which nothing came for seconds: a peer that counts connections has had that time as well. */
const PAUSE_AFTER_SILENCE_MS = 600

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
  // a silent port is most often the web interface of a client
  nudge('http', 'it is silent: perhaps it waits for HTTP'),
  // echo or ourselves
  { probe: (k) => once(k, k.facts.has('own-id'), { how: 'key' }), reason: 'our own peer id came back' },
  {
    probe: (k) => once(k, k.facts.has('own-id'), { identity: 'other-client' }),
    reason: 'does it repeat any peer id?',
  },
  {
    probe: (k) => once(k, isClosedInSilence(k), { how: 'at-once' }),
    reason: 'it closed while we were silent: perhaps it expects the handshake at once',
  },
  // the other ways
  {
    probe: (k) => once(k, isUnanswered(k), { variant: 'mse' }),
    reason: 'it did not answer a plaintext handshake',
  },
  // which service: only for a peer that said nothing
  nudge('tls', 'it is silent: perhaps it waits for TLS'),
  nudge('socks', 'it is silent: perhaps it waits for SOCKS'),
  {
    probe: (k) => once(k, isClosedAfterSelect(k), { variant: 'mse-with-handshake' }),
    reason: 'it closed after choosing a method: RC4 alone may pass',
  },
  {
    probe: (k) => once(k, isMuteInPlaintext(k), { variant: 'mse-with-handshake' }),
    reason: 'it chose to go on in plaintext, and nothing came: RC4 alone may pass',
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
    probe: (k) => once(k, hasReadHash(k), { how: 'steps-control' }),
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
    probe: (k) => once(k, isStuck(k) || k.facts.has('metadata-corrupt'), { hash: 'random' }, best(k)),
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
    probe: (k) => again(k, needsPlainAgain(k), {}, {}, plainTimes(k)),
    reason: 'once more, to see whether the difference lasts',
  },
  {
    probe: (k) => again(k, needsEncryptedAgain(k), { variant: 'mse' }),
    reason: 'once more, to see whether the difference lasts',
  },
]

/** The next probe that can still change the answer. */
export function nextProbe(known: Known): PlannedProbe | undefined {
  for (const { probe: choose, reason, answerMs = ANSWER_MS } of STEPS) {
    const chosen = choose(known)
    if (chosen === undefined) continue
    const probe = { ...USUAL, ...chosen }
    return { probe, pauseMs: pauseAfter(known), answerMs: answerMs + slownessOf(known), reason }
  }
  return undefined
}

function pauseAfter({ seen }: Known): number {
  const last = seen.all.at(-1)
  if (last === undefined) return 0
  return last.ending === 'silent' ? PAUSE_AFTER_SILENCE_MS : PAUSE_MS
}

/** MSE needs two round trips after the one of the connection. */
const ROUND_TRIPS = 3

/** A connection that took longer than this was not one round trip: its SYN was lost more than once, in milliseconds. */
const LONGEST_ROUND_TRIP_MS = 4_000

/** How much longer an answer takes on this path than on a local network, in milliseconds. */
function slownessOf({ seen }: Known): number {
  const connected = seen.all.filter(({ reach }) => reach.outcome === 'connected')
  const slowest = Math.max(0, ...connected.map(({ reach }) => reach.ms))
  return Math.ceil(ROUND_TRIPS * Math.min(slowest, LONGEST_ROUND_TRIP_MS))
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
  const wanted = (k: Known) => k.facts.has('silent') && !isProven(k) && !hasService(k)
  return { probe: (k) => once(k, wanted(k), { how }), reason, answerMs: NUDGE_MS }
}

function nudgeClosed(how: 'http' | 'tls' | 'socks', reason: string): Step {
  const wanted = (k: Known) => k.facts.has('closed-on-handshake') && !isProven(k) && !hasService(k)
  return { probe: (k) => once(k, wanted(k), { how }), reason, answerMs: NUDGE_MS }
}

function spoiled({ seen, scope }: Known): Partial<Probe> | undefined {
  const last = seen.all.at(-1)
  if (last === undefined || !isSpoiled(last) || last.ending === 'session') return undefined
  // two in a row have a chance of 1 in 65536
  if (seen.all.filter(isSpoiled).length > 2 || scope.probesLeft <= 0) return undefined
  return last.probe
}

/** From each other address once, when the peer may treat addresses differently. */
function otherAddress(known: Known): Partial<Probe> | undefined {
  const { seen, facts, scope } = known
  if (!isAboutUs(known)) return undefined
  const variant =
    facts.has('knows-hash') && !facts.has('turned-away') ? 'mse' : (seen.best?.probe.variant ?? 'plaintext')
  const source = scope.otherSources.find((one) => seen.probes({ source: one }).length === 0)
  return source === undefined || seen.elsewhere.length >= 2
    ? undefined
    : { source, variant: facts.has('closed-on-accept') ? 'plaintext' : variant }
}

function best({ seen }: Known): Partial<Probe> {
  const { transport, variant } = seen.best?.probe ?? USUAL
  return { transport, variant }
}
