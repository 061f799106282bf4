import type { MseFacts } from '../../session/mse/facts.ts'
import type { EncryptionMode } from '../options.ts'

/**
 * How to connect to a peer: without encryption; with MSE that offers both methods and leaves the initial payload empty;
 * or with MSE that offers only RC4 and carries our handshake as the initial payload.
 */
export type EncryptionVariant = 'plaintext' | 'mse' | 'mse-with-handshake'

/**
 * Pause between connections to one address, in milliseconds: Transmission refuses to reconnect within half a second.
 */
export const RECONNECT_PAUSE_MS = 1000

/**
 * The variants to try on one address, in this order; each only if the earlier ones failed in a way that it might not.
 */
export const ENCRYPTION_PLANS = {
  auto: ['plaintext', 'mse', 'mse-with-handshake'],
  prefer: ['mse', 'mse-with-handshake', 'plaintext'],
  off: ['plaintext'],
  require: ['mse', 'mse-with-handshake'],
} as const satisfies Record<EncryptionMode, readonly EncryptionVariant[]>

/**
 * Maximum number of consecutive attempts that a bad shared secret may spoil. Two in a row have a chance of 1 in
 * 65536.
 */
const MAX_SPOILED = 3

/** What a failed connection showed, as far as the next attempt depends on it. */
export interface FailedTry {
  readonly variant: EncryptionVariant
  readonly mse: MseFacts
  /** False if no connection was established. */
  readonly wasReached: boolean
  /** The peer sent at least one byte of a handshake, after the encryption handshake if there was one. */
  readonly hasAnswered: boolean
  /** The peer ended the connection, with FIN or RST. */
  readonly closedByPeer: boolean
}

/**
 * The next variant to try at this address, after those that failed; undefined if none can change the result.
 *
 * The first MSE attempt offers both methods without an initial payload. That shows which method the peer prefers, and
 * every client accepts it except KTorrent, which closes after its crypto_select. The variant with RC4 only and the
 * handshake inside is for KTorrent. It does not come first because peers that allow only plaintext after MSE refuse it,
 * and that looks like the refusal of an unknown torrent.
 */
export function nextVariant(
  plan: readonly EncryptionVariant[],
  tried: readonly FailedTry[],
): EncryptionVariant | undefined {
  const last = tried.at(-1)
  if (last === undefined) return plan[0]
  if (!last.wasReached || last.hasAnswered) return undefined
  const recent = tried.slice(-MAX_SPOILED)
  if (isSpoiled(last) && !(recent.length === MAX_SPOILED && recent.every(isSpoiled))) return last.variant
  // peers that require encryption close on a plaintext handshake without sending a byte; silence is not a sign of that
  if (last.variant === 'plaintext' && !last.closedByPeer) return undefined
  const closedAfterSelect = last.variant === 'mse' && last.mse.isSelected && last.closedByPeer
  return plan.find(
    (variant) =>
      tried.every((one) => one.variant !== variant) &&
      (variant !== 'mse-with-handshake' || closedAfterSelect),
  )
}

/**
 * Whether MSE failed and the shared secret begins with a zero byte: libtorrent 2.0.8 and rTorrent 0.9.8 then answer as
 * for a torrent that they do not have. A new attempt has a new secret.
 */
export function isSpoiled({ mse }: Pick<FailedTry, 'mse'>): boolean {
  return mse.secretBeginsWithZero === true && !mse.knowsTorrent && mse.failure !== undefined
}
