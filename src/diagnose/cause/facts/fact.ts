import { type Case, isSession, isTurnedAway, type Seen } from '../case.ts'
import type { Ending } from '../ending.ts'
import type { Observation } from '../observation.ts'

/** Something that the observations prove. */
export interface FactDescription {
  readonly text: string
  /** The observations that show it; none if it does not hold. */
  readonly shown: (seen: Case) => readonly Seen[]
  /** What exactly one of them shows, to follow the text. */
  readonly detail?: (seen: Observation) => string
}

export function fact(
  text: string,
  shown: FactDescription['shown'],
  detail?: FactDescription['detail'],
): FactDescription {
  return { text, shown, ...(detail !== undefined && { detail }) }
}

export function first({ all }: Case, holds: (seen: Seen) => boolean): readonly Seen[] {
  return all.slice(0, 1).filter(holds)
}

/** The first plaintext session over TCP, if it ended so. The first probe outranks later ones, which it may have influenced. */
export function endedFirst({ plain }: Case, ending: Ending): readonly Seen[] {
  return plain.slice(0, 1).filter((one) => one.ending === ending)
}

/** A session that is more than a handshake and a close. */
export function goesOn(seen: Seen): boolean {
  return isSession(seen) && !(isTurnedAway(seen) && seen.session.messagesReceived === 0)
}

/** An answer within this time was not waited for, in milliseconds. */
export const AT_ONCE_MS = 1000
