import type { EncryptionMode } from '../options.ts'

/**
 * How to connect to a peer: without encryption; with MSE that offers both methods and leaves the initial payload empty;
 * or with MSE that offers only RC4 and carries our handshake as the initial payload.
 */
export type EncryptionVariant = 'plaintext' | 'mse' | 'mse-with-handshake'

/**
 * The variants to try on one address, in this order; each only if the earlier ones failed in a way that it might not.
 */
export const ENCRYPTION_PLANS = {
  auto: ['plaintext', 'mse', 'mse-with-handshake'],
  prefer: ['mse', 'mse-with-handshake', 'plaintext'],
  off: ['plaintext'],
  require: ['mse', 'mse-with-handshake'],
} as const satisfies Record<EncryptionMode, readonly EncryptionVariant[]>
