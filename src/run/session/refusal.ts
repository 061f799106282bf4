import type { PeerError } from '../../base/errors.ts'
import type { Attempt } from './log.ts'
import { isSpoiled, type FailedTry } from './encryption-plan.ts'

/**
 * Error codes that mean, by themselves, that the peer did not send a byte of a handshake after any encryption
 * handshake.
 */
const UNANSWERED: ReadonlySet<string> = new Set([
  'E_ENCRYPTION_FAILED',
  'E_HANDSHAKE_CLOSED',
  'E_HANDSHAKE_RESET',
  'E_HANDSHAKE_TIMEOUT',
])

/** Summarizes a failed attempt, to choose the next one. */
export function failedTry(attempt: Attempt): FailedTry {
  const { variant, mse, transport, state, end, pending, error } = attempt
  const hasHandshake = state?.handshake !== undefined
  const isUnanswered = error !== undefined && UNANSWERED.has(error.code) && pending === 0 && !hasHandshake
  return {
    variant,
    mse,
    wasReached: transport !== undefined,
    hasAnswered: !isUnanswered,
    closedByPeer: end?.by === 'peer' && end.kind !== null,
  }
}

/** Adds to the error of an attempt what its encryption handshake proves or leaves open. */
export function explained(error: PeerError, attempt: Attempt): PeerError {
  const { mse, end } = attempt
  if (isSpoiled(attempt)) {
    return error.with({
      message: `${error.message}; the shared secret began with a zero byte, which some clients get wrong, so this says nothing of the torrent`,
      hint: 'try again: the next connection has another secret',
    })
  }
  if (mse.isEstablished && UNANSWERED.has(error.code)) {
    return error.with({
      message: `MSE was completed, which proves that the peer knows the torrent; then ${error.message}`,
      hint: knownHint(attempt),
    })
  }
  if (error.code !== 'E_ENCRYPTION_FAILED') return error
  const proven = mse.knowsTorrent ? '; VC proves that it knows the torrent' : ''
  const reason =
    end?.reason === undefined ? '' : `, giving its reason as ${end.reason.name} (${end.reason.code})`
  return error.with({
    message: `${error.message}${reason}${proven}`,
    hint: mse.knowsTorrent ? knownHint(attempt) : undefined,
  })
}

/**
 * Combines the errors of all failed attempts at an address: it says what happened on each, and names a cause only if
 * the bytes prove it.
 */
export function refusal(attempts: readonly Attempt[]): PeerError | undefined {
  const last = attempts.findLast(({ error }) => error !== undefined)
  const answered = attempts.findLast(
    (one) => one.error !== undefined && failedTry(one).wasReached && failedTry(one).hasAnswered,
  )
  if (answered !== undefined) return answered.error
  const telling = withoutRepeats(attempts.filter((one) => !isSpoiled(one) || one === last))
  if (telling.length < 2) return last?.error
  const message = telling.map((one) => `${WAYS[one.variant]}, ${one.error?.message}`).join('; ')
  const knowing = telling.findLast(({ mse }) => mse.knowsTorrent)
  const decisive = knowing ?? telling.find(({ variant }) => variant === 'plaintext') ?? last
  if (decisive?.error === undefined) return last?.error
  return decisive.error.with({ message, hint: hintOf(telling) ?? null })
}

const WAYS = {
  plaintext: 'in plaintext',
  mse: 'with MSE',
  'mse-with-handshake': 'with MSE that carries our handshake',
} as const satisfies Record<Attempt['variant'], string>

const KNOWN_HINT =
  'a limit, an address filter and another connection from this address look alike: try again later, or from another address'

/** Why a peer that knows the torrent may have refused us, or why MSE failed. */
function knownHint({ mse, end }: Attempt): string | undefined {
  if (end?.by === 'peer') return KNOWN_HINT
  return mse.isEstablished
    ? undefined
    : 'it knows the torrent, so it is the right peer: a defect of its MSE and a slow path look alike'
}

/** Hints at the possible causes, where we cannot distinguish them. */
function hintOf(attempts: readonly Attempt[]): string | undefined {
  const knowing = attempts.findLast(({ mse }) => mse.knowsTorrent)
  // a later attempt showed more of the path than one that was lost or abandoned
  const ownHint = (one: Attempt) => (one === attempts.at(-1) ? one.error?.hint : undefined)
  if (knowing !== undefined) return knownHint(knowing) ?? ownHint(knowing)
  const encrypted = attempts.findLast(({ variant }) => variant !== 'plaintext')
  if (encrypted?.transport === undefined) return 'try again later, with --encryption require'
  if (encrypted.end?.reason !== undefined) return 'peerwire explain says what codes and findings mean'
  switch (encrypted.mse.failure) {
    case 'closed':
    case 'reset':
      return encrypted.mse.secretBeginsWithZero === undefined
        ? 'a client without MSE that does not have this torrent, a limit, a filter and another service look alike'
        : 'it may not have the torrent, the torrent may be stopped or being checked, or a limit was reached: check the info hash'
    case 'timeout':
      return 'MSE that does not work and a service that is not BitTorrent look alike: try a longer --handshake-timeout'
    case 'plaintext':
      return 'it answers MSE with a plaintext handshake, so BitTorrent is there: try again with --encryption off'
    case 'not-a-public-key':
    case 'degenerate-public-key':
    case 'not-synchronised':
      return 'another service looks like this: check the port'
    default:
      return ownHint(encrypted)
  }
}

/** Keeps only the last of attempts with the same variant and the same message. */
function withoutRepeats(attempts: readonly Attempt[]): readonly Attempt[] {
  return attempts.filter(
    (one, i) =>
      !attempts
        .slice(i + 1)
        .some(({ variant, error }) => variant === one.variant && error?.message === one.error?.message),
  )
}
