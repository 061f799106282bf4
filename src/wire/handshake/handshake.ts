import { copyBytes, toByteString, toHex } from '../../base/bytes.ts'
import { PeerError } from '../../base/errors.ts'
import { INSPECT, type Inspect, inspectAs } from '../../base/inspect.ts'
import { decodeFeatures, type Feature } from './reserved-bits.ts'

/** The handshake is always this long, in bytes (BEP 3). */
export const HANDSHAKE_LENGTH = 68

/** Bytes after which the info hash is known and an acceptor may answer, before the peer id is received. */
export const HANDSHAKE_HEAD_LENGTH = 48

/** The protocol name at the start of a handshake, after a byte with its length, 19 (BEP 3). */
export const PROTOCOL_NAME = 'BitTorrent protocol'

const PREFIX = Uint8Array.of(PROTOCOL_NAME.length, ...Array.from(PROTOCOL_NAME, (char) => char.charCodeAt(0)))

/** The contents of the first 48 bytes. */
export interface HandshakeHead {
  /** The 8 reserved bytes as received. */
  readonly reserved: Uint8Array
  /** The bits that are set, by name; unknown ones as `bit-N`. */
  readonly features: readonly Feature[]
  /** 20 bytes: the v1 info hash, or the first 20 of the v2 info hash (BEP 52). */
  readonly infoHash: Uint8Array
}

/** The contents of all 68 bytes. */
export interface Handshake extends HandshakeHead {
  /** 20 bytes. */
  readonly peerId: Uint8Array
}

/**
 * Encodes a handshake.
 *
 * @param handshake `reserved` 8, `infoHash` 20 and `peerId` 20 bytes
 * @returns 68 bytes
 * @throws RangeError when a part has another length
 * @see https://www.bittorrent.org/beps/bep_0003.html "peer protocol"
 */
export function encodeHandshake(handshake: Pick<Handshake, 'reserved' | 'infoHash' | 'peerId'>): Uint8Array {
  const bytes = new Uint8Array(HANDSHAKE_LENGTH)
  bytes.set(PREFIX, 0)
  bytes.set(exactly(handshake.reserved, 8, 'reserved'), 20)
  bytes.set(exactly(handshake.infoHash, 20, 'infoHash'), 28)
  bytes.set(exactly(handshake.peerId, 20, 'peerId'), 48)
  return bytes
}

/**
 * Decodes the handshake at the start of `bytes`. The result shares memory with `bytes`.
 *
 * @param bytes at least 68 bytes; any after that are ignored
 * @returns the handshake; unknown reserved bits are kept
 * @throws PeerError as `checkHandshakePrefix`, when the first 20 bytes belong to another protocol
 * @throws RangeError when fewer than 68 bytes are given: a bug in the caller, never caused by a peer
 * @see https://www.bittorrent.org/beps/bep_0003.html "peer protocol"
 */
export function decodeHandshake(bytes: Uint8Array): Handshake {
  if (bytes.length < HANDSHAKE_LENGTH)
    throw new RangeError(`need ${HANDSHAKE_LENGTH} bytes, got ${bytes.length}`)
  const { reserved, features, infoHash } = decodeHandshakeHead(bytes)
  return printable({ reserved, features, infoHash, peerId: bytes.subarray(48, HANDSHAKE_LENGTH) })
}

/** The same handshake in memory of its own. */
export function copyHandshake({ reserved, features, infoHash, peerId }: Handshake): Handshake {
  return printable({
    reserved: copyBytes(reserved),
    features,
    infoHash: copyBytes(infoHash),
    peerId: copyBytes(peerId),
  })
}

function printable(handshake: Handshake): Handshake {
  // not enumerable: it is not part of what the peer sent
  return Object.defineProperty(handshake, INSPECT, { value: inspectHandshake })
}

function inspectHandshake(this: Handshake, _depth: number, options: object, inspect: Inspect): string {
  const { reserved, features, infoHash, peerId } = this
  const shown = {
    reserved: toHex(reserved),
    features,
    infoHash: toHex(infoHash),
    peerId: toByteString(peerId),
  }
  return inspectAs('Handshake', shown, options, inspect)
}

/** Like `decodeHandshake`, for the 48 bytes after which an acceptor may answer. */
export function decodeHandshakeHead(bytes: Uint8Array): HandshakeHead {
  if (bytes.length < HANDSHAKE_HEAD_LENGTH)
    throw new RangeError(`need ${HANDSHAKE_HEAD_LENGTH} bytes, got ${bytes.length}`)
  checkHandshakePrefix(bytes)
  const reserved = bytes.subarray(20, 28)
  return { reserved, features: decodeFeatures(reserved), infoHash: bytes.subarray(28, HANDSHAKE_HEAD_LENGTH) }
}

/** True when the bytes so far, however few, can be the start of a plaintext handshake. */
export function beginsHandshake(bytes: Uint8Array): boolean {
  return firstDifference(bytes) === -1
}

/**
 * Throws if the bytes, however few, cannot be the start of a handshake. The error names the protocol that they look like.
 *
 * @param start position of `bytes` in their stream
 * @throws PeerError E_NOT_BITTORRENT, E_NOT_BITTORRENT_HTTP, _TLS, _SSH, _SOCKS or _LENGTH; `offset` is the first byte that differs
 */
export function checkHandshakePrefix(bytes: Uint8Array, start = 0): void {
  const difference = firstDifference(bytes)
  if (difference === -1) return
  if (misstatesNameLength(bytes)) {
    const message = `the length of the protocol name is ${bytes[0]}, expected ${PREFIX[0]}`
    throw new PeerError('E_NOT_BITTORRENT_LENGTH', message, {
      phase: 'handshake',
      offset: start,
      reference: 'BEP 3',
    })
  }
  const known = FOREIGN_PROTOCOLS.find(({ starts }) =>
    starts.some((start) => bytes.length >= start.length && agrees(bytes, start)),
  )
  const { code, name, hint } = known ?? UNKNOWN_PROTOCOL
  throw new PeerError(code, `the peer answers with ${name}, not with a BitTorrent handshake`, {
    phase: 'handshake',
    offset: start + difference,
    reference: 'BEP 3',
    hint,
  })
}

/** True while the bytes are too few to recognise another protocol, but more bytes could decide it. */
export function awaitsProtocolName(bytes: Uint8Array): boolean {
  return (
    isAboutToName(bytes) ||
    FOREIGN_PROTOCOLS.some(({ starts }) =>
      starts.some((start) => bytes.length < start.length && agrees(bytes, start)),
    )
  )
}

/** Bytes that identify a handshake with a wrong length byte: the length and the beginning of the protocol name. */
export const NAME_SIGN_LENGTH = 5

/** True for a handshake with a length byte other than 19 before the protocol name. */
export function misstatesNameLength(bytes: Uint8Array): boolean {
  return bytes.length >= NAME_SIGN_LENGTH && bytes[0] !== PREFIX[0] && isAboutToName(bytes.subarray(0, 4))
    ? bytes[4] === PREFIX[4]
    : false
}

/** No text begins with a control character, so a length up to 31 and a few letters are sufficient. */
function isAboutToName(bytes: Uint8Array): boolean {
  const [length = 0] = bytes
  return (
    bytes.length < NAME_SIGN_LENGTH &&
    length < 0x20 &&
    bytes.every((byte, i) => i === 0 || byte === PREFIX[i])
  )
}

const OTHER_PORT = 'look for the port on which the client accepts peers'

const UNKNOWN_PROTOCOL = {
  code: 'E_NOT_BITTORRENT',
  name: 'another protocol, or an encrypted one',
  hint: undefined,
} as const

/** The first bytes of other servers that are found on peers' ports, with one character per byte. */
const FOREIGN_PROTOCOLS = [
  {
    code: 'E_NOT_BITTORRENT_HTTP',
    name: 'HTTP',
    starts: ['HTTP/', '<!DO', '<htm', '<HTM'],
    hint: 'this is often the web interface of the client: look for the port on which it accepts peers',
  },
  { code: 'E_NOT_BITTORRENT_SSH', name: 'an SSH banner', starts: ['SSH-'], hint: OTHER_PORT },
  { code: 'E_NOT_BITTORRENT_TLS', name: 'TLS', starts: ['\x15\x03', '\x16\x03'], hint: OTHER_PORT },
  {
    code: 'E_NOT_BITTORRENT_SOCKS',
    name: 'a SOCKS proxy',
    starts: ['\x05\x00', '\x05\xff', '\x00\x5a', '\x00\x5b'],
    hint: OTHER_PORT,
  },
] as const

/** True when the bytes and the text (one character per byte) are equal up to the shorter length. */
function agrees(bytes: Uint8Array, text: string): boolean {
  return Array.from(text).every((char, i) => i >= bytes.length || char.charCodeAt(0) === bytes[i])
}

function firstDifference(bytes: Uint8Array): number {
  const length = Math.min(bytes.length, PREFIX.length)
  for (let i = 0; i < length; i++) if (bytes[i] !== PREFIX[i]) return i
  return -1
}

function exactly(bytes: Uint8Array, length: number, name: string): Uint8Array {
  if (bytes.length !== length) throw new RangeError(`${name} must be ${length} bytes, got ${bytes.length}`)
  return bytes
}
