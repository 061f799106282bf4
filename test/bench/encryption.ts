import { randomBytes, randomInt } from 'node:crypto'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { MAX_ENCRYPTION_PAD_LENGTH } from '../../src/base/limits.ts'
import { nativeDiffieHellman } from '../../src/net/mse/diffie-hellman.ts'
import { bigintDiffieHellman, PRIVATE_KEY_LENGTH, type DiffieHellman } from '../../src/wire/mse/keys.ts'
import { RC4_DISCARD_LENGTH, Rc4 } from '../../src/wire/mse/rc4.ts'
import { converse, initiator, INFO_HASH, responder } from '../support/mse/mse-pair.ts'
import type { Contender } from './interleaved.ts'

const MEBIBYTE = 1024 * 1024
const CHUNK_LENGTH = 16_384
const HANDSHAKES = 10

/** As much as is used here of what bittorrent-protocol encrypts with. */
interface RivalEncryptor {
  S: Uint8Array
  _initializeCiphers(side: 'A' | 'B'): void
  encryptCipher(bytes: Uint8Array): Uint8Array
  decryptCipher(bytes: Uint8Array): Uint8Array
  getSyncPattern(): Uint8Array
  generateStepA1(): Uint8Array
  generateStepB2(): Uint8Array
  generateStepA3(): Uint8Array
  generateStepB4(): Uint8Array
  handleStepB1(bytes: Uint8Array): void
  handleStepA2(bytes: Uint8Array): void
}

type RivalEncryptorConstructor = new (infoHash: string) => RivalEncryptor

/** The encryption of bittorrent-protocol, or undefined where it is not installed. */
export async function loadRivalEncryption(): Promise<RivalEncryptorConstructor | undefined> {
  try {
    // by its file, since the entry of the package does not export it
    const file = new URL('mse.js', import.meta.resolve('bittorrent-protocol')).href
    const module = (await import(file)) as { readonly MessageStreamEncryptor: RivalEncryptorConstructor }
    return module.MessageStreamEncryptor
  } catch {
    return undefined
  }
}

/** RC4 over as many megabytes, in chunks from a buffer that is read into again and again, as from a socket. */
export function rc4Contenders(megabytes: number, rival: RivalEncryptorConstructor | undefined): Contender[] {
  const cipher = new Rc4(INFO_HASH, RC4_DISCARD_LENGTH)
  const contenders = [
    overStream('peerwire, in place', megabytes, (chunk) => cipher.applyInPlace(chunk)),
    overStream('peerwire, to a copy', megabytes, (chunk) => cipher.apply(chunk)),
  ]
  if (rival !== undefined) {
    const encryptor = new rival(toHex(INFO_HASH))
    encryptor.S = fromHex('01'.repeat(96))
    encryptor._initializeCiphers('A')
    contenders.push(overStream('bittorrent-protocol', megabytes, (chunk) => encryptor.encryptCipher(chunk)))
  }
  return contenders
}

function overStream(name: string, megabytes: number, useChunk: (chunk: Uint8Array) => Uint8Array): Contender {
  const stream = new Uint8Array(MEBIBYTE)
  const run = (): number => {
    let length = 0
    while (length < megabytes * MEBIBYTE)
      for (let at = 0; at < stream.length; at += CHUNK_LENGTH)
        length += useChunk(stream.subarray(at, at + CHUNK_LENGTH)).length
    return length
  }
  return { name, run }
}

/** Ten handshakes, both sides of each, without a socket. */
export function encryptionHandshakes(rival: RivalEncryptorConstructor | undefined): Contender[] {
  const handshakes = (name: string, shakeHands: () => void): Contender => ({
    name,
    run: () => {
      for (let i = 0; i < HANDSHAKES; i++) shakeHands()
      return HANDSHAKES
    },
  })
  const contenders = [
    handshakes('peerwire', () => shakeHands(nativeDiffieHellman)),
    handshakes('peerwire, without native code', () => shakeHands(bigintDiffieHellman)),
  ]
  if (rival !== undefined)
    contenders.push(handshakes('bittorrent-protocol', () => shakeHandsWithRival(rival)))
  return contenders
}

function shakeHands(diffieHellman: DiffieHellman): void {
  const changes = () => ({
    diffieHellman,
    randomness: {
      privateKey: randomBytes(PRIVATE_KEY_LENGTH),
      publicKeyPad: randomBytes(randomInt(MAX_ENCRYPTION_PAD_LENGTH)),
      encryptedPad: randomBytes(randomInt(MAX_ENCRYPTION_PAD_LENGTH)),
    },
  })
  const { a, b } = converse(initiator(changes()), responder(changes()))
  if (a.established?.encryption !== 'rc4' || b.established === undefined)
    throw new Error('the handshake failed')
}

/** Its steps in the order of the protocol: keys, request, answer, and the ciphers of both sides. */
function shakeHandsWithRival(rival: RivalEncryptorConstructor): void {
  const a = new rival(toHex(INFO_HASH))
  const b = new rival(toHex(INFO_HASH))
  b.handleStepB1(a.generateStepA1())
  a.handleStepA2(b.generateStepB2())
  b._initializeCiphers('B')
  b.getSyncPattern()
  b.decryptCipher(a.generateStepA3().subarray(40))
  a.decryptCipher(b.generateStepB4())
}
