import type { PeerError } from '../../base/errors.ts'
import { MSE_TIMEOUT_HINT } from '../../session/mse/timeout-hint.ts'
import { isLoopback } from '../../wire/address.ts'
import { closeMeaning, type CloseMeaning } from '../../diagnose/close-meaning.ts'
import { failedTry, isConnected, isUnanswered } from './failed-try.ts'
import type { Attempt } from './log.ts'
import { isSpoiled } from './next-attempt.ts'

/** Adds to the error of an attempt what the reason of the peer and the encryption handshake prove or leave open. */
export function explained(error: PeerError, attempt: Attempt): PeerError {
  const { mse, end } = attempt
  if (isSpoiled(attempt)) {
    return error.with({
      message: `${error.message}; the shared secret began with a zero byte, which some clients get wrong, so this says nothing of the torrent`,
      hint: 'try again: the next connection has another secret',
    })
  }
  if (!isUnanswered(error)) return error
  const meaning = meaningOf(attempt)
  const means = meaning === undefined ? '' : `: ${meaning.text}`
  if (mse.isEstablished) {
    return error.with({
      message: `MSE was completed, which proves that the peer knows the torrent; then ${error.message}${means}`,
      hint: meaning?.hint ?? knownHint(attempt),
    })
  }
  if (error.code !== 'E_ENCRYPTION_FAILED')
    return error.with({
      message: `${error.message}${means}`,
      hint: meaning?.hint ?? silenceHint(error, attempt),
    })
  const proven = mse.knowsTorrent ? '; VC proves that it knows the torrent' : ''
  const reason =
    end?.reason === undefined ? '' : `, giving its reason as ${end.reason.name} (${end.reason.code})`
  return error.with({
    message: `${error.message}${reason}${means}${proven}`,
    hint: meaning?.hint ?? (mse.knowsTorrent ? knownHint(attempt) : undefined),
  })
}

/** What the reason of the peer means; undefined if what it sent before contradicts it. */
function meaningOf({ mse, end }: Pick<Attempt, 'mse' | 'end'>): CloseMeaning | undefined {
  const code = end?.by === 'peer' ? end.reason?.code : undefined
  return mse.knowsTorrent && code === UNKNOWN_TORRENT ? undefined : closeMeaning(code)
}

const UNKNOWN_TORRENT = 257

type Says = (attempt: Attempt) => boolean

/** An attempt like this is the answer. */
const SAYS_ALL: readonly Says[] = [
  (one) => isConnected(one) && failedTry(one, 0).hasAnswered,
  (one) => meaningOf(one)?.isFinal === true,
]

/** What an attempt can show, what says most first. The error of a peer is that of its first kind. */
const SAYS_MOST: readonly Says[] = [
  ...SAYS_ALL,
  (one) => meaningOf(one) !== undefined,
  ({ mse }) => mse.knowsTorrent,
  (one) => isConnected(one) && one.variant === 'plaintext',
  (one) => isConnected(one),
]

/**
 * Combines the errors of all failed attempts for a peer: the code of the attempt that says most, and what happened on
 * each at its address. It names a cause only if what was received proves it.
 *
 * @param all at least one
 */
export function refusal(all: readonly Attempt[]): PeerError | undefined {
  const attempts = all.filter((one, i) => i === all.length - 1 || !isSpoiled(one))
  const decisive = mostTelling(attempts) ?? attempts[0]
  if (decisive?.error === undefined) return undefined
  // an answer, in bytes or as a close reason: what happened before adds nothing to it
  if (SAYS_ALL.some((says) => says(decisive))) return decisive.error
  const telling = withoutRepeats(attempts.filter(({ to }) => to?.address === decisive.to?.address))
  if (telling.length < 2) return decisive.error
  const message = combined(telling)
  return decisive.error.with({ message, hint: hintOf(telling, decisive) ?? null })
}

/** What happened on each, or once if it was the same over both transports. */
function combined(attempts: readonly Attempt[]): string {
  const isMixed = new Set(attempts.map(({ transportKind }) => transportKind)).size > 1
  const [message, ...others] = new Set(attempts.map(({ error }) => error?.message))
  if (isMixed && others.length === 0 && attempts.every((one) => !isConnected(one)))
    return `${message}, over TCP and over uTP`
  return attempts.map((one) => `${wayOf(one, isMixed)}, ${one.error?.message}`).join('; ')
}

function mostTelling(attempts: readonly Attempt[]): Attempt | undefined {
  for (const says of SAYS_MOST) {
    const found = attempts.findLast((one) => one.error !== undefined && says(one))
    if (found !== undefined) return found
  }
  return undefined
}

const MEANS = {
  plaintext: 'in plaintext',
  mse: 'with MSE',
  'mse-with-handshake': 'with MSE that carries our handshake',
} as const satisfies Record<Attempt['variant'], string>

const TRANSPORTS = { tcp: 'over TCP', utp: 'over uTP' } as const

/** @param isMixed the attempts were not all over the same transport */
function wayOf(attempt: Attempt, isMixed: boolean): string {
  const { variant, transportKind } = attempt
  if (!isMixed) return MEANS[variant]
  // without a connection, the encryption had no part in it
  return isConnected(attempt) ? `${TRANSPORTS[transportKind]} ${MEANS[variant]}` : TRANSPORTS[transportKind]
}

const KNOWN_HINT =
  'a limit, a stopped torrent, a ban of this address or this client, another connection from this address, a defect of its MSE and a filter on the path look alike: try again later, or from another address'

/** Why a peer that knows the torrent may have refused us, or why MSE failed. */
function knownHint({ mse, end }: Attempt): string | undefined {
  if (end?.by === 'peer') return KNOWN_HINT
  return mse.isEstablished
    ? undefined
    : 'it knows the torrent, so it is the right peer: a defect of its MSE, a client that hangs and a slow path look alike'
}

/** Hints at the possible causes, where we cannot distinguish them. */
function hintOf(attempts: readonly Attempt[], decisive: Attempt): string | undefined {
  if (!isConnected(decisive)) return unreachedHint(attempts) ?? decisive.error?.hint
  const meaning = meaningOf(decisive)
  if (meaning !== undefined) return meaning.hint
  const knowing = attempts.findLast(({ mse }) => mse.knowsTorrent)
  // a later attempt showed more of the path than one that was lost or abandoned
  const ownHint = (one: Attempt) => (one === attempts.at(-1) ? one.error?.hint : undefined)
  if (knowing !== undefined) return knownHint(knowing) ?? ownHint(knowing)
  const encrypted = attempts.findLast((one) => one.variant !== 'plaintext' && isConnected(one))
  if (encrypted === undefined) return unencryptedHint(attempts, decisive)
  if (encrypted.end?.reason !== undefined) return 'peerwire explain says what codes and findings mean'
  switch (encrypted.mse.failure) {
    case 'closed':
    case 'reset':
      // without an attempt in plaintext, a peer may be one without encryption
      return encrypted.mse.secretBeginsWithZero === undefined &&
        attempts.some((one) => one.variant === 'plaintext' && isConnected(one))
        ? refusedHint(attempts)
        : encrypted.error?.hint
    case 'timeout':
      return MSE_TIMEOUT_HINT
    case 'plaintext':
      return 'it answers MSE with a plaintext handshake, so BitTorrent is there: try again with --encryption off'
    case 'not-a-public-key':
      return 'another service looks like this: check the port'
    // a peer whose MSE is broken looks the same, and may have refused plaintext for any reason
    case 'degenerate-public-key':
    case 'not-synchronised':
      return 'check the port, or try --encryption off'
    default:
      return ownHint(encrypted)
  }
}

/** If neither a handshake nor a public key brought a byte: everything that makes a peer, or the path, close. */
function refusedHint(attempts: readonly Attempt[]): string {
  const isUtpTried = attempts.some(({ transportKind }) => transportKind === 'utp')
  const utpOnly = isUtpTried ? '' : 'a client that accepts only uTP, '
  return `an unknown or stopped torrent, an SSL torrent, a limit, a ban of this address or this client, another connection from this address, ${utpOnly}a filter on the path and another service look alike`
}

const SILENCE_HINT =
  'a client that hangs, another service and a path that drops plaintext look alike: check the port, or try --encryption require'

/** If plaintext met silence, which is followed by no attempt with MSE. */
function silenceHint({ code, offset }: PeerError, { variant }: Attempt): string | undefined {
  return code === 'E_HANDSHAKE_TIMEOUT' && offset === 0 && variant === 'plaintext' ? SILENCE_HINT : undefined
}

/** If no encryption handshake was begun: not wanted, or the peer did not accept the connection for it. */
function unencryptedHint(
  attempts: readonly Attempt[],
  { transportKind, error }: Attempt,
): string | undefined {
  const wasRefused = attempts.some(
    (one) => one.variant !== 'plaintext' && one.transportKind === transportKind,
  )
  return wasRefused ? 'try again later, with --encryption require' : error?.hint
}

/** If neither transport reached the peer. */
function unreachedHint(attempts: readonly Attempt[]): string | undefined {
  const codes = attempts.map(({ transportKind, error }) => `${transportKind} ${error?.code}`)
  const isTcpFiltered = codes.includes('tcp E_CONNECT_TIMEOUT')
  if (isTcpFiltered && codes.includes('utp E_CONNECT_REFUSED'))
    return 'UDP of this port is not in use or is rejected, and TCP is not answered: check the port, and the firewall of the peer'
  // a client that answers uTP with a RESET refuses in other words
  const isClosed = new Set(attempts.map(({ error }) => error?.message)).size === 1
  if (!isClosed || !codes.includes('tcp E_CONNECT_REFUSED') || !codes.includes('utp E_CONNECT_REFUSED'))
    return undefined
  return attempts.every(({ to }) => to !== undefined && isLoopback(to.address))
    ? 'is the client running, on this port? one that listens on another address of this machine looks the same'
    : 'is the client running, on this port and for this address family? a firewall that rejects looks the same'
}

/** Keeps only the last of attempts with the same way and the same message. */
function withoutRepeats(attempts: readonly Attempt[]): readonly Attempt[] {
  const isSame = (one: Attempt, other: Attempt): boolean =>
    one.variant === other.variant &&
    one.transportKind === other.transportKind &&
    one.error?.message === other.error?.message
  return attempts.filter((one, i) => !attempts.slice(i + 1).some((other) => isSame(one, other)))
}
