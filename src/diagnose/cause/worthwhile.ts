import { isServed, isSession, isTurnedAway } from './case.ts'
import { begin, hasOtherProgram, hasReason, hasService, hasSession, type Known } from './known.ts'

/*
 * When a probe can still change the answer: conditions of the plan.
 */

/** TCP connects, and a plaintext handshake brings nothing of BitTorrent. */
export function isUnanswered(known: Known): boolean {
  const ending = begin(known)?.ending
  if (hasService(known) || hasSession(known) || known.facts.has('at-once-answered')) return false
  return (
    known.facts.has('key-for-plaintext') ||
    ending === 'closed-unanswered' ||
    ending === 'silent' ||
    ending === 'lost' ||
    ending === 'part-handshake' ||
    ending === 'closed-on-accept'
  )
}

export function isClosedAfterSelect({ seen }: Known): boolean {
  return seen.encrypted.some(
    ({ ending, encryption, probe }) =>
      ending === 'known-closed' && encryption?.selected !== undefined && probe.variant === 'mse',
  )
}

/** It went on in plaintext after MSE, as it may, and nothing came: what reads along may let RC4 pass. */
export function isMuteInPlaintext({ seen }: Known): boolean {
  return seen.encrypted.some(
    ({ ending, encryption, probe }) =>
      ending === 'known-silent' && encryption?.selected === 'plaintext' && probe.variant === 'mse',
  )
}

/** What is closed later than this was not refused on accept, in milliseconds. */
const ACCEPT_MS = 100

/** It closed while we were silent on purpose, and may be one that expects to be spoken to at once. */
export function isClosedInSilence({ seen: { plain } }: Known): boolean {
  const [first] = plain
  return first?.ending === 'closed-on-accept' && (first.close?.afterMs ?? 0) >= ACCEPT_MS
}

export function needsUtp(known: Known): boolean {
  const { seen, facts } = known
  const ending = begin(known)?.ending
  if (ending === undefined || facts.has('at-once-answered')) return false
  if (hasService(known)) return hasOtherProgram(known)
  if (ending === 'not-connected') {
    const outcome = begin(known)?.reach.outcome
    return (
      outcome === 'refused' ||
      outcome === 'timed-out' ||
      (outcome === 'unreachable' && !facts.has('no-route'))
    )
  }
  if (ending === 'session') return facts.has('closed-on-request') && facts.has('refused-next-time')
  // an encrypted session that asks for encryption explains the refusal of plaintext
  return !(
    seen.encrypted.some(isSession) &&
    facts.has('asks-for-encryption') &&
    !facts.has('answers-and-closes')
  )
}

export function needsInnerReason(known: Known): boolean {
  const { seen, facts } = known
  if (facts.has('utp-session') || hasReason(known)) return false
  if (facts.has('reason-encryption')) return true
  // Transmission closes without a reason, and proves with MSE that it knows the hash
  const isTcpMute = begin(known)?.ending === 'not-connected' || begin(known)?.ending === 'closed-on-accept'
  return isTcpMute && seen.utp.some(({ ending }) => ending === 'closed-unanswered')
}

export function needsControl(known: Known): boolean {
  return (
    known.facts.has('reason-encryption') &&
    !known.facts.has('utp-session') &&
    !known.facts.has('reason-unknown')
  )
}

export function isRefused(known: Known): boolean {
  return (
    !hasSession(known) &&
    (known.facts.has('key-closed') ||
      known.facts.has('reason-unknown') ||
      known.facts.has('closed-on-handshake'))
  )
}

/** The peer may treat addresses differently. */
export function isAboutUs(known: Known): boolean {
  const { facts, certain } = known
  if (
    certain.includes('torrent-inactive') ||
    certain.includes('connection-limit') ||
    certain.includes('torrent-unknown')
  )
    return false
  return (
    (facts.has('closed-on-accept') && !facts.has('utp-session') && !facts.has('at-once-answered')) ||
    facts.has('knows-hash') ||
    facts.has('answers-and-closes') ||
    (facts.has('key-closed') && !hasReason(known) && !hasSession(known)) ||
    (facts.has('turned-away') && !hasComparison(known))
  )
}

function hasComparison({ facts }: Known): boolean {
  return facts.has('random-hash-answered') || facts.has('other-name-goes-on') || facts.has('no-bits-goes-on')
}

export function needsSteps(known: Known): boolean {
  const { facts } = known
  return (
    !hasSession(known) &&
    !hasReason(known) &&
    !hasService(known) &&
    facts.has('closed-on-handshake') &&
    !facts.has('knows-hash')
  )
}

/** It closed after the info hash at the earliest, and nothing proves that the hash is why. */
export function hasReadHash({ seen, facts }: Known): boolean {
  return !facts.has('key') && seen.probes({ how: 'steps' }).some(({ close }) => (close?.sent ?? 0) >= 48)
}

/** It closes on a plaintext handshake, and neither MSE nor uTP brought anything of BitTorrent. */
export function isUnproven(known: Known): boolean {
  const { facts } = known
  return (
    facts.has('closed-on-handshake') && !facts.has('key') && !facts.has('utp-answers') && !hasSession(known)
  )
}

/** A session that leads to no block, where the peer may not mean what it says. */
export function isStuck(known: Known): boolean {
  return isTurnedAwayNow(known) || known.facts.has('still-choked') || known.facts.has('claims-nothing')
}

export function isTurnedAwayNow({ seen, facts }: Known): boolean {
  const { best: one } = seen
  return (
    one !== undefined &&
    isTurnedAway(one) &&
    !facts.has('answers-and-closes') &&
    !facts.has('random-hash-answered')
  )
}

export function needsPlainAgain(known: Known): boolean {
  const { seen, facts } = known
  const ending = begin(known)?.ending
  if (ending === undefined || hasService(known)) return false
  if (facts.has('closed-on-request') || facts.has('answered-in-steps')) return true
  if (facts.has('closed-unserved') && !facts.has('closed-unserved-again')) return true
  if (ending === 'session') return hasComparison(known) && !facts.has('random-hash-answered')
  const isElsewhere = facts.has('other-address-answered')
  const other = seen.ordinary.some((one) => one !== begin(known) && isSession(one) && !isTurnedAway(one))
  return (
    other || isElsewhere || hasComparison(known) || (ending === 'not-connected' && facts.has('utp-answers'))
  )
}

/** How often plaintext is tried. What is proven of a silent peer is not more certain after a third time. */
export function plainTimes({ facts }: Known): number {
  return facts.has('encrypted-session') && !facts.has('silent') ? 3 : 2
}

export function needsEncryptedAgain({ seen, facts }: Known): boolean {
  return (
    facts.has('closed-on-handshake-again') &&
    !facts.has('asks-for-encryption') &&
    !facts.has('reason-encryption') &&
    seen.encrypted.some((one) => isSession(one) && isServed(one.session))
  )
}
