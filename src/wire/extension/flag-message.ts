import { malformed, type DecodeResult } from '../decode-result.ts'

/**
 * A message of upload_only or share_mode: the state that the extension handshake announced under the same name has
 * changed. No BEP defines this format; libtorrent and µTorrent use it.
 * @see https://www.bittorrent.org/beps/bep_0021.html
 */
export interface FlagMessage {
  readonly isSet: boolean
}

/** Decodes the payload of one byte. Any value but 0 counts as set, as in the clients that send it. */
export function decodeFlagMessage(payload: Uint8Array): DecodeResult<FlagMessage> {
  if (payload.length !== 1)
    return malformed(`${payload.length} bytes, expected 1`, Math.min(payload.length, 1))
  return { ok: true, value: { isSet: payload[0] !== 0 } }
}

/** Encodes the payload of one byte: 1 or 0. */
export function encodeFlagMessage({ isSet }: FlagMessage): Uint8Array {
  return Uint8Array.of(Number(isSet))
}
