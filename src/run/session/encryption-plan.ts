import type { MseFacts } from '../../session/mse/facts.ts'
import type { EncryptionMode } from '../options.ts'

/**
 * How a peer is spoken to: without encryption; with MSE that offers both methods and leaves the initial payload empty; or
 * with MSE that offers RC4 alone and carries our handshake as the initial payload.
 */
export type EncryptionVariant = 'plaintext' | 'mse' | 'mse-with-handshake'

/** Between two connections to one address, in milliseconds: Transmission refuses a peer that is back within half a second. */
export const RECONNECT_PAUSE_MS = 1000

/** What may be tried on one address, in this order; each only if those before failed in a way that it may not. */
export const ENCRYPTION_PLANS = {
  auto: ['plaintext', 'mse', 'mse-with-handshake'],
  prefer: ['mse', 'mse-with-handshake', 'plaintext'],
  off: ['plaintext'],
  require: ['mse', 'mse-with-handshake'],
} as const satisfies Record<EncryptionMode, readonly EncryptionVariant[]>

/** Most attempts in a row that a shared secret may spoil. Two in a row happen once in 65536 times. */
const MAX_SPOILED = 3

/** What a connection showed that came to nothing: all that the next one depends on. */
export interface FailedTry {
  readonly variant: EncryptionVariant
  readonly mse: MseFacts
  /** False when there was no connection. */
  readonly wasReached: boolean
  /** A byte came where the handshake belongs, after the encryption handshake if there was one. */
  readonly hasAnswered: boolean
  /** The peer ended it, with FIN or RST. */
  readonly closedByPeer: boolean
}

/**
 * The next way to try, after all that failed at this address; undefined when none can change the result.
 *
 * MSE begins with both methods and no initial payload: that shows what the peer prefers, and every client takes it but
 * KTorrent, which closes after its crypto_select. RC4 alone with the handshake inside is for those; it would miss peers
 * that allow nothing but plaintext behind MSE, and their refusal looks like that of an unknown torrent.
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
  // a plaintext handshake is closed without a byte by peers that require encryption; silence does not hint at it
  if (last.variant === 'plaintext' && !last.closedByPeer) return undefined
  const closedAfterSelect = last.variant === 'mse' && last.mse.isSelected && last.closedByPeer
  return plan.find(
    (variant) =>
      tried.every((one) => one.variant !== variant) &&
      (variant !== 'mse-with-handshake' || closedAfterSelect),
  )
}

/**
 * Whether MSE failed, and the shared secret begins with a zero byte: libtorrent 2.0.8 and rTorrent 0.9.8 then answer as
 * for a torrent that they do not have. The next secret is another.
 */
export function isSpoiled({ mse }: Pick<FailedTry, 'mse'>): boolean {
  return mse.secretBeginsWithZero === true && !mse.knowsTorrent && mse.failure !== undefined
}
