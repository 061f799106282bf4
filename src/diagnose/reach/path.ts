import { beginsHandshake, HANDSHAKE_LENGTH } from '../../wire/handshake/handshake.ts'
import { PUBLIC_KEY_LENGTH } from '../../wire/mse/keys.ts'
import { serviceOf } from '../../wire/service.ts'
import { equalBytes } from '../../base/bytes.ts'
import { type Ending, endingOf } from '../cause/ending.ts'
import type { Observation } from '../cause/observation.ts'

/** An observation with how it ended. */
export interface Seen extends Observation {
  readonly ending: Ending
}

/** The observations of one path: one address over one transport. */
export class Path {
  readonly all: readonly Seen[]

  constructor(observations: readonly Observation[]) {
    this.all = observations.map((one) => ({ ...one, ending: endingOf(one) }))
  }

  of(...hows: readonly Observation['probe']['how'][]): readonly Seen[] {
    return this.all.filter(({ probe }) => hows.includes(probe.how))
  }

  /** Two public keys that differ: a service that sends the same bytes each time has none. */
  get keys(): readonly Seen[] {
    const keys = this.of('key').filter(isKey)
    const [first, ...others] = keys
    const other = others.find((one) => first !== undefined && !equalBytes(keyOf(one), keyOf(first)))
    return first === undefined || other === undefined ? [] : [first, other]
  }

  /** A handshake that is not ours coming back. */
  get handshakes(): readonly Seen[] {
    return this.all.filter(
      ({ first, echoes }) => first.length >= HANDSHAKE_LENGTH && beginsHandshake(first) && !echoes,
    )
  }

  /**
   * The info hash was refused: the peer closed right after it, twice and with different hashes, and did not close there
   * when the protocol name was wrong.
   */
  get refusals(): readonly Seen[] {
    const [first, again] = this.of('steps')
    const [control] = this.of('steps-control')
    if (first === undefined || control === undefined || again === undefined) return []
    const isRepeated = isRefusal(again) && again.close?.sent === first.close?.sent
    return isRepeated && refusesHash(first, control) ? [first, again, control] : []
  }

  /** Bytes of a service that is recognised. */
  get services(): readonly Seen[] {
    return this.all.filter((one) => serviceName(one) !== undefined)
  }

  /** Bytes that prove nothing and are of no service that is recognised. */
  get others(): readonly Seen[] {
    return this.all.filter((one) => one.bytesReceived > 0 && serviceName(one) === undefined)
  }
}

/** Whether what came can be a public key, alone. */
export function isKey({ ending }: Seen): boolean {
  return ending === 'key-closed' || ending === 'key-silent'
}

/** A key is 96 bytes; its pad is random. */
function keyOf({ first }: Seen): Uint8Array {
  return first.subarray(0, PUBLIC_KEY_LENGTH)
}

/** Bytes of a handshake sent in steps after which a close can be an answer to the info hash. */
const AFTER_HASH: ReadonlySet<number> = new Set([48, 68])

/** A close that comes later than this after our last byte is not an answer to it, in milliseconds. */
const ANSWER_MS = 1900

export function isRefusal({ ending, close }: Seen): boolean {
  return (
    ending === 'closed-unanswered' &&
    AFTER_HASH.has(close?.sent ?? 0) &&
    (close?.sinceSentMs ?? Infinity) < ANSWER_MS
  )
}

/** Closes that are this close to each other can come from one timer, in milliseconds. */
const TIMER_MS = 400

/** Whether the control ended elsewhere, in bytes and in time: a close by a timer comes at the same time. */
export function refusesHash(steps: Seen, control: Seen): boolean {
  const { close: real } = steps
  const { close: wrong, bytesReceived, reach } = control
  if (!isRefusal(steps) || real === undefined || bytesReceived > 0 || reach.outcome !== 'connected')
    return false
  if (wrong?.by !== 'peer') return wrong?.by === 'us'
  return wrong.sent !== real.sent && Math.abs(wrong.afterMs - real.afterMs) > TIMER_MS
}

/** The service whose bytes came; undefined if none is recognised. */
export function serviceName({ probe, ending, echoes, first }: Seen): string | undefined {
  // of a key the first bytes are random; those of a handshake are always the same
  if (echoes && probe.how === 'key') return 'echo'
  return ending === 'foreign' ? serviceOf(first)?.name : undefined
}
