import { concat, readUint32, writeUint32 } from '../../base/bytes.ts'
import { decodePeerAddress, encodePeerAddress, IPV4_LENGTH, IPV6_LENGTH } from '../address.ts'
import { malformed, type DecodeResult } from '../decode-result.ts'

/**
 * A message of ut_holepunch: an initiator asks a relay for a *rendezvous* with a peer. The relay sends *connect* to
 * both, or answers with an *error* that repeats the address. Addresses are text.
 * @see https://www.bittorrent.org/beps/bep_0055.html
 */
export type HolepunchMessage =
  | { readonly type: 'rendezvous' | 'connect'; readonly address: string; readonly port: number }
  | {
      readonly type: 'error'
      readonly address: string
      readonly port: number
      /** See `holepunchErrorName`; any unsigned 32 bits. */
      readonly errorCode: number
    }

/** Error codes 1 to 4 of BEP 55 by name, in that order. */
export type HolepunchErrorName = 'no-such-peer' | 'not-connected' | 'no-support' | 'no-self'

const MESSAGE_TYPES = ['rendezvous', 'connect', 'error'] as const
const ERROR_NAMES: readonly HolepunchErrorName[] = ['no-such-peer', 'not-connected', 'no-support', 'no-self']
const ERROR_CODE_LENGTH = 4

/** The name of an error code from 1 to 4; undefined for others. */
export function holepunchErrorName(code: number): HolepunchErrorName | undefined {
  return ERROR_NAMES[code - 1]
}

/**
 * Decodes a ut_holepunch payload: 12 bytes for IPv4 or 24 for IPv6; 8 or 20 when the error code is omitted, as
 * libtorrent and BiglyBT do when there is no error.
 */
export function decodeHolepunchMessage(payload: Uint8Array): DecodeResult<HolepunchMessage> {
  const [messageType = -1, addressType] = payload
  const type = MESSAGE_TYPES[messageType]
  if (type === undefined) return malformed(`message type ${messageType} is not defined`)
  if (addressType !== 0 && addressType !== 1)
    return malformed(`address type ${addressType} is not defined`, 1)
  const short = 2 + (addressType === 0 ? IPV4_LENGTH : IPV6_LENGTH) + 2
  const hasErrorCode = payload.length === short + ERROR_CODE_LENGTH
  if (!hasErrorCode && (payload.length !== short || type === 'error')) {
    return malformed(
      `${payload.length} bytes, expected ${short + ERROR_CODE_LENGTH}`,
      Math.min(payload.length, short),
    )
  }
  const peer = decodePeerAddress(payload.subarray(2, short))
  if (type !== 'error') return { ok: true, value: { type, ...peer } }
  return { ok: true, value: { type, ...peer, errorCode: readUint32(payload, short) } }
}

/**
 * The payload of a ut_holepunch message, always with an error code, which is 0 when there is no error.
 * @throws RangeError for an address that is not an IP address, or an invalid port
 */
export function encodeHolepunchMessage(message: HolepunchMessage): Uint8Array {
  const peer = encodePeerAddress(message)
  const addressType = peer.length === IPV4_LENGTH + 2 ? 0 : 1
  const errorCode = new Uint8Array(ERROR_CODE_LENGTH)
  if (message.type === 'error') writeUint32(errorCode, 0, message.errorCode)
  return concat([Uint8Array.of(MESSAGE_TYPES.indexOf(message.type), addressType), peer, errorCode])
}
