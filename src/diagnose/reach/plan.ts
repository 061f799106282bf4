import type { Probe } from '../../trace/probe.ts'
import { isKey, isRefusal, Path, refusesHash, type Seen } from './path.ts'
import type { Observation } from '../cause/observation.ts'

/** The next connection on a path. */
export interface NextProbe {
  readonly probe: Probe
  /** Longest wait for its first answer on a local network, in milliseconds; undefined for the usual wait of the probe. */
  readonly answerMs: number | undefined
}

/** How long a uTP connection is held open: its answer was the proof. In milliseconds. */
const UTP_HOLD_MS = 250

/** Public keys that are asked for, in case one connection is refused by chance. */
const MAX_KEYS = 4

type How = Probe['how']

/** A line of the plan: the probe, and when it can change the verdict. The first that holds is next. */
interface Step {
  readonly how: How
  readonly holds: (path: Path) => boolean
}

/** Starts of other protocols, the most common first. Several services answer several of them, and name themselves each time. */
const NUDGES = ['http', 'tls', 'socks'] as const satisfies readonly How[]

const TCP_STEPS: readonly Step[] = [
  { how: 'key', holds: ({ all }) => all.length === 0 },
  // a key is proven by a second one that differs; a connection that was closed on accept may have been so by chance
  { how: 'key', holds: (path) => path.of('key').some(isKey) && canRepeatKey(path) },
  { how: 'key', holds: ({ all }) => all.length === 1 && isTurnedAway(all[0]) },
  // a silent service is likely a web interface; a BitTorrent client closes on what it does not accept
  ...NUDGES.map((how) => nudge(how, (path) => path.of('key').every(({ ending }) => ending === 'silent'))),
  { how: 'steps', holds: (path) => isOpen(path) && path.of('steps').length === 0 },
  {
    how: 'steps-control',
    holds: (path) => path.of('steps').slice(0, 1).some(isRefusal) && path.of('steps-control').length === 0,
  },
  { how: 'steps', holds: (path) => path.of('steps').length === 1 && isRefusedOnce(path) },
  ...NUDGES.map((how) => nudge(how, () => true)),
  {
    how: 'silence',
    holds: (path) => path.all.every(({ ending }) => ending === 'silent') && path.of('silence').length === 0,
  },
]

const UTP_STEPS: readonly Step[] = [{ how: 'silence', holds: ({ all }) => all.length === 0 }]

/**
 * The connection that is to be made next to learn what answers on a path; undefined if none would change the verdict.
 * @param observations of this path, in order
 */
export function nextReachProbe(
  transport: Probe['transport'],
  observations: readonly Observation[],
): NextProbe | undefined {
  const path = new Path(observations)
  const isUtp = transport === 'utp'
  if (!isUtp && isDecided(path)) return undefined
  const step = (isUtp ? UTP_STEPS : TCP_STEPS).find(({ holds }) => holds(path))
  if (step === undefined) return undefined
  const rest = {
    variant: 'plaintext',
    hash: 'random',
    identity: 'own',
    reserved: 'usual',
    source: null,
  } as const
  return { probe: { how: step.how, transport, ...rest }, answerMs: isUtp ? UTP_HOLD_MS : undefined }
}

function nudge(how: How, isNow: (path: Path) => boolean): Step {
  return { how, holds: (path) => isOpen(path) && path.of(how).length === 0 && isNow(path) }
}

/** Whether the path was proven, or cannot be reached. */
function isDecided(path: Path): boolean {
  const { all, keys, handshakes, refusals } = path
  return (
    keys.length > 0 ||
    handshakes.length > 0 ||
    refusals.length > 0 ||
    all[0]?.ending === 'not-connected' ||
    (all.length >= 2 && all.every(isTurnedAway))
  )
}

function canRepeatKey(path: Path): boolean {
  return path.of('key').length < MAX_KEYS
}

function isTurnedAway(seen: Seen | undefined): boolean {
  return seen?.ending === 'closed-on-accept'
}

/** Whether it takes connections, has not named itself, and has sent no key. */
function isOpen(path: Path): boolean {
  return path.all.length > 0 && path.services.length === 0 && !path.of('key').some(isKey)
}

function isRefusedOnce(path: Path): boolean {
  const [steps] = path.of('steps')
  const [control] = path.of('steps-control')
  return steps !== undefined && control !== undefined && refusesHash(steps, control)
}
