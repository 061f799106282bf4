import { sha1 } from '@noble/hashes/legacy.js'
import { concat, encodeUtf8, fromHex, toHex } from '../../base/bytes.ts'
import { RC4_DISCARD_LENGTH, Rc4 } from './rc4.ts'

/**
 * The values of message stream encryption (MSE, also called protocol encryption, PE). There is no BEP: the
 * description is the one that Azureus and µTorrent published in 2006. It disguises the protocol, and proves to each side
 * that the other knows the info hash; it protects nothing else.
 */

/** Length of public keys and shared secrets, in bytes; they are padded with zeros on the left. */
export const PUBLIC_KEY_LENGTH = 96

/** The usual length of a private key, in bytes; longer ones only make the handshake slower. */
export const PRIVATE_KEY_LENGTH = 20

/** Length of VC, the zero bytes at the start of each encrypted part. */
export const VERIFICATION_CONSTANT_LENGTH = 8

/** The safe prime of the Diffie-Hellman group, 768 bits, as hex. */
export const MSE_PRIME =
  'ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74' +
  '020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437' +
  '4fe1356d6d51c245e485b576625e7ec6f44c42e9a63a36210000000000090563'

/** The generator of the Diffie-Hellman group. */
export const MSE_GENERATOR = 2

/**
 * The key exchange. A native implementation can replace `bigintDiffieHellman`, but it must always return
 * `PUBLIC_KEY_LENGTH` bytes; many native ones drop leading zeros.
 */
export interface DiffieHellman {
  readonly publicKey: (privateKey: Uint8Array) => Uint8Array
  /** @param publicKey the other side's key, already checked with `isAcceptablePublicKey` */
  readonly sharedSecret: (privateKey: Uint8Array, publicKey: Uint8Array) => Uint8Array
}

/** The key exchange with bigint arithmetic; half a millisecond per operation. */
export const bigintDiffieHellman: DiffieHellman = {
  publicKey: (privateKey) => toKeyBytes(power(BigInt(MSE_GENERATOR), toBigInt(privateKey))),
  sharedSecret: (privateKey, publicKey) => toKeyBytes(power(toBigInt(publicKey), toBigInt(privateKey))),
}

/** False for a key outside [2, P-2] or of another length: with 0, 1 or P-1 anyone can compute the secret. */
export function isAcceptablePublicKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== PUBLIC_KEY_LENGTH) return false
  const value = toBigInt(publicKey)
  return value >= 2n && value <= PRIME - 2n
}

/** Pads `bytes` with zeros on the left to the full length of a key. Bytes of full length are returned unchanged. */
export function padPublicKey(bytes: Uint8Array): Uint8Array {
  if (bytes.length >= PUBLIC_KEY_LENGTH) return bytes
  const padded = new Uint8Array(PUBLIC_KEY_LENGTH)
  padded.set(bytes, PUBLIC_KEY_LENGTH - bytes.length)
  return padded
}

/** The encryption of the payload after the handshake, as offered in crypto_provide and chosen in crypto_select. */
export type CryptoMethod = 'plaintext' | 'rc4'

/** Encodes the 32-bit field of crypto_provide and crypto_select. */
export function encodeCryptoMethods(methods: readonly CryptoMethod[]): number {
  return methods.reduce((bits, method) => bits | METHOD_BITS[method], 0)
}

/** The known methods in a bit field, lowest bit first; unassigned bits are ignored. */
export function decodeCryptoMethods(bits: number): CryptoMethod[] {
  return METHODS.filter((method) => (bits & METHOD_BITS[method]) !== 0)
}

/** HASH("req1", S): the initiator sends it after PadA. 20 bytes. */
export function secretHash(sharedSecret: Uint8Array): Uint8Array {
  return hash('req1', sharedSecret)
}

/** HASH("req2", SKEY): identifies a torrent without revealing its info hash. 20 bytes. */
export function torrentHash(infoHash: Uint8Array): Uint8Array {
  return hash('req2', sharedKey(infoHash))
}

/** Masks a torrent hash with HASH("req3", S), or unmasks it: the same operation. 20 bytes. */
export function maskTorrentHash(hashed: Uint8Array, sharedSecret: Uint8Array): Uint8Array {
  const mask = hash('req3', sharedSecret)
  return mask.map((byte, i) => byte ^ (hashed[i] as number))
}

/** Returns the info hash for a torrent hash, or undefined if there is no such torrent now. */
export type FindTorrent = (torrentHash: Uint8Array) => Uint8Array | undefined

/** Creates a lookup over a fixed list of info hashes: 20 bytes each, or 32 for a v2 torrent. */
export function indexTorrents(infoHashes: readonly Uint8Array[]): FindTorrent {
  const byHash = new Map(infoHashes.map((infoHash) => [toHex(torrentHash(infoHash)), infoHash]))
  return (wanted) => byHash.get(toHex(wanted))
}

/** The 20-byte RC4 keys of the two directions. */
export interface MseKeys {
  readonly initiatorToResponder: Uint8Array
  readonly responderToInitiator: Uint8Array
}

/**
 * The keys of both directions, SHA-1 of `keyA` or `keyB`, the secret and the info hash.
 * @param sharedSecret `PUBLIC_KEY_LENGTH` bytes
 * @param infoHash 20 bytes, or 32 for a v2 torrent
 */
export function deriveKeys(sharedSecret: Uint8Array, infoHash: Uint8Array): MseKeys {
  return {
    initiatorToResponder: hash('keyA', sharedSecret, sharedKey(infoHash)),
    responderToInitiator: hash('keyB', sharedSecret, sharedKey(infoHash)),
  }
}

/** The cipher of one direction, with the first keystream bytes already discarded. */
export function createMseCipher(key: Uint8Array): Rc4 {
  return new Rc4(key, RC4_DISCARD_LENGTH)
}

const METHOD_BITS = { plaintext: 1, rc4: 2 } as const satisfies Record<CryptoMethod, number>
const METHODS = ['plaintext', 'rc4'] as const satisfies readonly CryptoMethod[]

const PRIME = BigInt(`0x${MSE_PRIME}`)

/** SKEY: the info hash as in the handshake; a v2 hash is truncated to 20 bytes (BEP 52). */
function sharedKey(infoHash: Uint8Array): Uint8Array {
  return infoHash.subarray(0, 20)
}

function hash(label: string, ...parts: readonly Uint8Array[]): Uint8Array {
  return sha1(concat([encodeUtf8(label), ...parts]))
}

function toBigInt(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${toHex(bytes)}`)
}

function toKeyBytes(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(2 * PUBLIC_KEY_LENGTH, '0'))
}

/** Square and multiply. Not constant-time: MSE protects nothing that is worth a timing attack. */
function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let square = base % PRIME
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % PRIME
    square = (square * square) % PRIME
  }
  return result
}
