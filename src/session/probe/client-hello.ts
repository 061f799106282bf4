import { concat, fromHex } from '../../base/bytes.ts'

/** Suites of TLS 1.3, and the usual ones of TLS 1.2 (RFC 8446, B.4; RFC 5289). */
const CIPHER_SUITES = fromHex('130113021303c02bc02fc02cc030009c009d002f0035')

/** Each with its type and length (RFC 8446, 4.2); the key share follows them. */
const EXTENSIONS = {
  supportedGroups: '000a00060004001d0017',
  pointFormats: '000b00020100',
  signatureAlgorithms: '000d0012001004030804040105030805050108060601',
  supportedVersions: '002b00050403040303',
} as const

/** How many random bytes a ClientHello takes: its random, its session id and its key share. */
export const CLIENT_HELLO_RANDOM = 96

/**
 * A ClientHello that servers of TLS 1.2 and 1.3 answer.
 *
 * @param random `CLIENT_HELLO_RANDOM` bytes; any 32 bytes are a public key of X25519
 */
export function clientHello(random: Uint8Array): Uint8Array {
  const keyShare = concat([fromHex('003300260024001d0020'), random.subarray(64, 96)])
  const extensions = concat([...Object.values(EXTENSIONS).map(fromHex), keyShare])
  const body = concat([
    fromHex('0303'),
    random.subarray(0, 32),
    prefixed(1, random.subarray(32, 64)),
    prefixed(2, CIPHER_SUITES),
    fromHex('0100'),
    prefixed(2, extensions),
  ])
  const handshake = concat([Uint8Array.of(1), prefixed(3, body)])
  return concat([fromHex('160301'), prefixed(2, handshake)])
}

/** Bytes behind their length, big-endian in so many bytes. */
function prefixed(width: number, bytes: Uint8Array): Uint8Array {
  const length = Uint8Array.from({ length: width }, (_, i) => bytes.length >> (8 * (width - 1 - i)))
  return concat([length, bytes])
}
