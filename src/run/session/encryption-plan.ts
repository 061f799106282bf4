import { PeerError } from '../../base/errors.ts'
import type { EncryptionMode } from '../options.ts'
import type { Attempt } from './log.ts'

export type EncryptionVariant = 'plaintext' | 'mse'

/** Between two connections to one address, in milliseconds: Transmission refuses a peer that is back within half a second. */
export const RECONNECT_PAUSE_MS = 1000

/** What is tried on one address: the second only if the first fails in a way that the other may not. */
export const ENCRYPTION_PLANS = {
  auto: ['plaintext', 'mse'],
  prefer: ['mse', 'plaintext'],
  off: ['plaintext'],
  require: ['mse'],
} as const satisfies Record<EncryptionMode, readonly EncryptionVariant[]>

/**
 * Whether the other variant can tell something: after a plaintext handshake when the peer hung up without a byte,
 * which is how one that requires encryption refuses; after an encrypted one when that did not stand.
 */
export function isWorthRetry(attempt: Attempt, error: unknown): boolean {
  if (!(error instanceof PeerError) || attempt.transport === undefined) return false
  if (attempt.isEncrypted) return error.code === 'E_ENCRYPTION_FAILED'
  return isHangUp(error) && attempt.transport.bytesReceived === 0
}

/** The error that says most when both variants failed on one address. */
export function mostInformative(first: Attempt, second: Attempt): PeerError | undefined {
  const [plain, encrypted] = first.isEncrypted ? [second, first] : [first, second]
  const plainError = plain.error
  const encryptedError = encrypted.error
  if (plainError === undefined || encryptedError === undefined) return second.error
  // one of them came further than to be turned away
  if (encryptedError.code !== 'E_ENCRYPTION_FAILED' && encrypted.transport !== undefined)
    return encryptedError
  if (!isHangUp(plainError) || plain.transport === undefined || plain.transport.bytesReceived > 0)
    return plainError
  return bothRefused(plainError, encrypted)
}

/** The peer hung up on plaintext, and the encryption did not stand: how far it came tells the reasons apart. */
function bothRefused({ code, phase = 'handshake', offset = 0 }: PeerError, encrypted: Attempt): PeerError {
  const details = { phase, offset } as const
  const received = encrypted.transport?.bytesReceived ?? 0
  if (encrypted.transport === undefined) {
    const message = `the peer hung up on a plaintext handshake without a byte, and then took no other connection: ${encrypted.error?.message}`
    return new PeerError(code, message, { ...details, hint: 'try again later, with --encryption require' })
  }
  if (received > 0) {
    const message = `the peer hung up on a plaintext handshake without a byte, and on an encrypted one after ${received} bytes: it speaks BitTorrent, and most likely does not have this torrent`
    return new PeerError(code, message, {
      ...details,
      hint: 'check the info hash; a torrent that is stopped, queued or being checked looks the same',
    })
  }
  return new PeerError(
    code,
    'the peer hung up without a byte, on a plaintext handshake and on an encrypted one: it refuses before it knows what is asked, or is no BitTorrent peer',
    {
      ...details,
      hint: 'a limit, an IP filter or another connection from this address look like this: try again later',
    },
  )
}

function isHangUp({ code }: PeerError): boolean {
  return code === 'E_HANDSHAKE_CLOSED' || code === 'E_HANDSHAKE_RESET'
}
