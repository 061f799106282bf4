import { isText } from '../../base/bytes.ts'
import { beginsHandshake } from '../../wire/handshake/handshake.ts'
import { serviceOf } from '../../wire/service.ts'
import type { Observation } from './observation.ts'

/**
 * How far a probe came.
 *
 * - `closed-on-accept`: closed before our first byte
 * - `closed-unanswered`: closed by the peer after our bytes, without one of its own
 * - `silent`: not a byte, until we gave up; `lost`: until the network reported a failure
 * - `foreign`: bytes that are neither a handshake nor a public key
 * - `key-closed`, `key-silent`: a public key of MSE, and then a close or nothing
 * - `known-closed`, `known-silent`: VC, which proves that it knows the hash, and then a close or nothing
 * - `part-handshake`: the start of a handshake; `part-key`: fewer bytes than a public key, which may be the start of one
 */
export type Ending =
  | 'not-connected'
  | 'closed-on-accept'
  | 'closed-unanswered'
  | 'silent'
  | 'lost'
  | 'foreign'
  | 'key-closed'
  | 'key-silent'
  | 'known-closed'
  | 'known-silent'
  | 'part-handshake'
  | 'part-key'
  | 'own-id'
  | 'other-torrent'
  | 'session'

export function endingOf(seen: Observation): Ending {
  const { reach, handshake, encryption, close, bytesReceived } = seen
  if (reach.outcome !== 'connected') return 'not-connected'
  if (handshake !== undefined) {
    if (handshake.isOurOwnId) return 'own-id'
    return handshake.matches ? 'session' : 'other-torrent'
  }
  const isClosed = close?.by === 'peer'
  if (bytesReceived === 0) {
    if (isClosed) return close.sent === 0 ? 'closed-on-accept' : 'closed-unanswered'
    return close?.by === 'network' ? 'lost' : 'silent'
  }
  // the commands for one connection do not record what came, but say what was wrong with it
  if (seen.first.length === 0 && encryption === undefined)
    return seen.error?.code.startsWith('E_NOT_BITTORRENT') === true ? 'foreign' : 'part-handshake'
  if (encryption?.knowsTorrent === true) return isClosed ? 'known-closed' : 'known-silent'
  if (isKey(seen)) return isClosed ? 'key-closed' : 'key-silent'
  if (seen.first.length > 0 && beginsHandshake(seen.first)) return 'part-handshake'
  return isPartOfKey(seen) ? 'part-key' : 'foreign'
}

/** Length of a public key of MSE in bytes, and the most that may come with it as PadB. */
const KEY_LENGTH = 96
const MAX_KEY_AND_PAD = KEY_LENGTH + 512

/** Any service can fill 96 bytes: a key is not text, comes only after ours, is not ours, and has at most 512 bytes of pad. */
function isKey({
  answeredAfter,
  encryption,
  probe,
  earlyBytes,
  bytesReceived,
  first,
  echoes,
}: Observation): boolean {
  // a key that was sent in halves is judged when it is answered
  if (probe.how === 'key') return encryption?.hasKey === true
  // a client with MSE takes the start of TLS, which is longer than a key, for one, and answers with its own
  if (probe.variant === 'plaintext' && probe.how !== 'tls') return false
  // it answers a key, once that is complete
  if (answeredAfter !== undefined && answeredAfter < KEY_LENGTH) return false
  return encryption?.hasKey !== false && hasFormOfKey({ bytesReceived, earlyBytes, first, echoes })
}

/** Whether what came for a plaintext handshake looks like a key: a client that requires MSE may take anything for one. */
export function isLikeKey(seen: Observation & { readonly ending: Ending }): boolean {
  const isKnown = seen.error !== null && seen.error.code !== 'E_NOT_BITTORRENT'
  return seen.ending === 'foreign' && !isKnown && hasFormOfKey(seen)
}

function hasFormOfKey({
  bytesReceived,
  earlyBytes,
  first,
  echoes,
}: Pick<Observation, 'bytesReceived' | 'earlyBytes' | 'first' | 'echoes'>): boolean {
  if (bytesReceived < KEY_LENGTH || bytesReceived > MAX_KEY_AND_PAD) return false
  const isTextual = first.length > 0 && isText(first.subarray(0, KEY_LENGTH))
  return earlyBytes === 0 && !echoes && serviceOf(first) === undefined && !isTextual
}

/** Whether what came after our key, before the connection ended, can be the start of one. */
function isPartOfKey({ probe, earlyBytes, bytesReceived, first, echoes }: Observation): boolean {
  if (probe.variant === 'plaintext' || probe.how !== 'session' || bytesReceived >= KEY_LENGTH) return false
  return (
    earlyBytes === 0 && !echoes && serviceOf(first) === undefined && (first.length === 0 || !isText(first))
  )
}

/** Whether MSE failed with a shared secret that some clients get wrong, which says nothing of the torrent. */
export function isSpoiled({ encryption }: Observation): boolean {
  return encryption !== undefined && encryption.secretBeginsWithZero && !encryption.knowsTorrent
}
