import { createHash, randomBytes } from 'node:crypto'
import { rawHandshake, type RawLine, rawTcp, untilQuiet } from './raw-peer.ts'

/** The initiator of an encryption handshake, by hand and from the description of 2006: no code of ours. */

const PRIME = BigInt(
  `0x${
    'ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74' +
    '020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437' +
    '4fe1356d6d51c245e485b576625e7ec6f44c42e9a63a36210000000000090563'
  }`,
)

/** What a responder said. */
export interface RawMse {
  /** 96 bytes, fewer when it closed before. */
  readonly publicKey: Buffer
  /** PadB, and whether the encrypted VC came behind it. */
  readonly padLength: number | undefined
  readonly select: number | undefined
  /** As it was announced. */
  readonly padDLength: number | undefined
  /** Clear text of what came behind PadD. */
  readonly stream: Buffer
  readonly received: number
  readonly end: 'fin' | 'rst' | undefined
}

export interface EncryptedVisit {
  /** crypto_provide; default both methods. */
  readonly provide?: number
  /** Whether what was to be seen is there. */
  readonly until: (seen: RawMse) => boolean
  /** As that of `Visit`. */
  readonly quietMs?: number
}

/** Goes through an encryption handshake, with a plaintext handshake as the initial payload. */
export async function visitEncrypted(
  port: number,
  infoHash: Uint8Array,
  { provide = 3, until, quietMs }: EncryptedVisit,
): Promise<RawMse> {
  const line = await rawTcp(port)
  const privateKey = BigInt(`0x${randomBytes(20).toString('hex')}`)
  line.send(keyBytes(power(2n, privateKey)))
  await received(line, 96)
  const publicKey = line.seen.bytes.subarray(0, 96)
  if (publicKey.length < 96) return read(line, publicKey, undefined)
  const secret = keyBytes(power(BigInt(`0x${publicKey.toString('hex')}`), privateKey))
  const keys = [sha1('keyA', secret, infoHash), sha1('keyB', secret, infoHash)]
  const mask = sha1('req3', secret)
  const torrent = sha1('req2', infoHash).map((byte, i) => byte ^ (mask[i] as number))
  const handshake = rawHandshake(infoHash)
  const offer = Buffer.alloc(16)
  offer.writeUInt32BE(provide, 8)
  offer.writeUInt16BE(handshake.length, 14)
  const cipher = rc4(keys[0] ?? Buffer.alloc(0))
  line.send(Buffer.concat([sha1('req1', secret), torrent, cipher(Buffer.concat([offer, handshake]))]))
  const key = keys[1] ?? Buffer.alloc(0)
  for (;;) {
    const seen = read(line, publicKey, key)
    if (until(seen) || line.seen.end !== undefined) break
    await line.changed()
  }
  if (quietMs !== undefined) await untilQuiet(line, quietMs)
  line.close()
  return read(line, publicKey, key)
}

async function received(line: RawLine, length: number): Promise<void> {
  while (line.seen.bytes.length < length && line.seen.end === undefined) await line.changed()
}

function read({ seen }: RawLine, publicKey: Buffer, key: Buffer | undefined): RawMse {
  const rest = seen.bytes.subarray(96)
  const nothing = { padLength: undefined, select: undefined, padDLength: undefined, stream: Buffer.alloc(0) }
  const common = { publicKey, received: seen.bytes.length, end: seen.end }
  if (key === undefined) return { ...common, ...nothing }
  const at = rest.indexOf(rc4(key)(Buffer.alloc(8)))
  if (at < 0 || rest.length < at + 14) return { ...common, ...nothing, padLength: at < 0 ? undefined : at }
  const cipher = rc4(key)
  const clear = cipher(rest.subarray(at, at + 14))
  const select = clear.readUInt32BE(8)
  const padDLength = clear.readUInt16BE(12)
  const behind = rest.subarray(at + 14)
  const encrypted = select === 1 ? behind.subarray(padDLength) : cipher(behind).subarray(padDLength)
  return { ...common, padLength: at, select, padDLength, stream: Buffer.from(encrypted) }
}

function sha1(label: string, ...parts: readonly Uint8Array[]): Buffer {
  return createHash('sha1')
    .update(Buffer.concat([Buffer.from(label), ...parts]))
    .digest()
}

function keyBytes(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(192, '0'), 'hex')
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % PRIME
    square = (square * square) % PRIME
  }
  return result
}

/** RC4 with its first 1024 bytes thrown away. */
function rc4(key: Buffer): (bytes: Buffer) => Buffer {
  const state = Uint8Array.from({ length: 256 }, (_, i) => i)
  const swap = (a: number, b: number) => {
    const kept = state[a] as number
    state[a] = state[b] as number
    state[b] = kept
  }
  for (let i = 0, j = 0; i < 256; i++) {
    j = (j + (state[i] as number) + (key[i % key.length] as number)) & 255
    swap(i, j)
  }
  let i = 0
  let j = 0
  const apply = (bytes: Buffer): Buffer =>
    Buffer.from(
      Uint8Array.from(bytes, (byte) => {
        i = (i + 1) & 255
        j = (j + (state[i] as number)) & 255
        swap(i, j)
        return byte ^ (state[((state[i] as number) + (state[j] as number)) & 255] as number)
      }),
    )
  apply(Buffer.alloc(1024))
  return apply
}
