import { concat, readUint16, readUint32, writeUint16, writeUint32 } from '../../base/bytes.ts'
import { MAX_INITIAL_PAYLOAD_LENGTH } from '../../base/limits.ts'
import { beginsHandshake, misstatesNameLength, NAME_SIGN_LENGTH } from '../../wire/handshake/handshake.ts'
import {
  type CryptoMethod,
  decodeCryptoMethods,
  deriveKeys,
  encodeCryptoMethods,
  type FindTorrent,
  maskTorrentHash,
  secretHash,
  VERIFICATION_CONSTANT_LENGTH,
} from '../../wire/mse/keys.ts'
import type { MseHandshake, MseInput, MseOptions, MseOutput, MseStream } from './machine.ts'
import type { MseMisbehaviour } from './misbehaviour.ts'
import {
  checkMseOptions,
  createMseCiphers,
  type MseCiphers,
  MseProgress,
  type MseStepTexts,
  payloadStream,
} from './progress.ts'

/** Options of the side that accepts the connection. */
export interface MseResponderOptions extends MseOptions {
  /** `indexTorrents` makes this function for a fixed list. */
  readonly findTorrent: FindTorrent
  /** Allowed methods for the payload, the preferred one first; empty to accept plaintext handshakes only. */
  readonly allow: readonly CryptoMethod[]
  /** What to do with a peer that begins with a plaintext handshake. */
  readonly plaintext: 'accept' | 'refuse'
  /** What to do wrong on purpose, to test initiators. */
  readonly misbehaviour?: MseMisbehaviour | undefined
}

/**
 * Bytes that identify a plaintext handshake: fewer than one public key in a million million begins like one. A handshake
 * that is wrong or cut after them is reported as a handshake.
 */
const PLAINTEXT_SIGN_LENGTH = NAME_SIGN_LENGTH

const before = (what: string) => ({ where: (received: number) => `${received} bytes, ${what}` })

const TEXTS: MseStepTexts = {
  'public-key': before('before the end of its public key'),
  synchronisation: before('after its public key and before its request'),
  torrent: before('before the end of the torrent hash'),
  provide: before('before the end of crypto_provide'),
  padding: before('before the end of PadC'),
  'initial-payload': before('before the end of its initial payload'),
}

/** The side that accepts, as a pure state machine. It sends nothing until the peer's public key, or plaintext, arrives. */
export class MseResponder implements MseHandshake {
  readonly #options: MseResponderOptions
  readonly #progress: MseProgress
  #secret: Uint8Array = new Uint8Array()
  #infoHash: Uint8Array = new Uint8Array()
  #ciphers: MseCiphers | undefined
  #selected: CryptoMethod = 'plaintext'
  /** crypto_provide as received. */
  #offered = 0
  #padLength = 0
  #initialPayloadLength = 0

  /** @throws RangeError when an option is out of bounds */
  constructor(options: MseResponderOptions) {
    checkMseOptions(options)
    if (options.allow.length === 0 && options.plaintext === 'refuse')
      throw new RangeError('no method is allowed and plaintext is refused: nothing could be accepted')
    this.#options = options
    this.#progress = new MseProgress(options.stepTimeoutMs, TEXTS)
  }

  step(input: MseInput): MseOutput {
    if (this.#progress.accept(input)) {
      this.#progress.advance(() => this.#completeStep())
    }
    return this.#progress.output()
  }

  #completeStep(): boolean {
    switch (this.#progress.step) {
      case 'public-key':
        return this.#receivePublicKey()
      case 'synchronisation':
        return this.#synchronise()
      case 'torrent':
        return this.#receiveTorrent()
      case 'provide':
        return this.#receiveProvide()
      case 'padding':
        return this.#receivePadding()
      case 'initial-payload':
        return this.#receiveInitialPayload()
      case 'select':
        return false
    }
  }

  #receivePublicKey(): boolean {
    const progress = this.#progress
    const first = progress.peek(PLAINTEXT_SIGN_LENGTH)
    const isPlaintext = beginsHandshake(first) || misstatesNameLength(first)
    if (first.length === PLAINTEXT_SIGN_LENGTH && isPlaintext) {
      if (this.#options.plaintext === 'refuse')
        progress.fail('plaintext', 'the peer began a plaintext handshake, but encryption is required', 0)
      else progress.finish({ type: 'plaintext', bytes: progress.takeRest() })
      return false
    }
    if (this.#options.allow.length === 0) {
      if (first.length === PLAINTEXT_SIGN_LENGTH)
        progress.fail('encrypted', 'the peer did not begin a plaintext handshake, but encryption is off', 0)
      return false
    }
    const publicKey = progress.takePublicKey()
    if (publicKey === undefined) return false
    const { diffieHellman, randomness } = this.#options
    this.#secret = diffieHellman.sharedSecret(randomness.privateKey, publicKey)
    return this.#sendPublicKey(diffieHellman.publicKey(randomness.privateKey))
  }

  #sendPublicKey(honest: Uint8Array): boolean {
    const progress = this.#progress
    const { misbehaviour, randomness } = this.#options
    const answer = { publicKey: honest, pad: randomness.publicKeyPad }
    const { publicKey, pad } = misbehaviour?.key?.(answer) ?? answer
    progress.send(publicKey, pad)
    progress.report({ type: 'public-key-sent', padLength: pad.length })
    if (misbehaviour?.stop === 'close') {
      progress.fail('on-purpose', 'closed on purpose after the public key', progress.offset)
      return false
    }
    // to stall, enter a step of the initiator, from which a responder never advances
    progress.enter(misbehaviour?.stop === 'stall' ? 'select' : 'synchronisation')
    return true
  }

  #synchronise(): boolean {
    const pattern = secretHash(this.#secret)
    if (!this.#progress.takePadBefore(pattern, 'the hash of the shared secret')) return false
    this.#progress.take(pattern.length)
    this.#progress.enter('torrent')
    return true
  }

  #receiveTorrent(): boolean {
    const progress = this.#progress
    if (progress.available < 20) return false
    const offset = progress.offset
    const infoHash = this.#options.findTorrent(maskTorrentHash(progress.take(20), this.#secret))
    if (infoHash === undefined) {
      progress.fail('unknown-torrent', 'the peer asks for a torrent that we do not serve', offset)
      return false
    }
    this.#infoHash = infoHash
    this.#ciphers = createMseCiphers(deriveKeys(this.#secret, infoHash), 'responder')
    progress.report({ type: 'torrent-found', infoHash })
    progress.enter('provide')
    return true
  }

  #receiveProvide(): boolean {
    const progress = this.#progress
    if (progress.available < 14 || this.#ciphers === undefined) return false
    const offset = progress.offset
    const clear = this.#ciphers.receiving.apply(progress.take(14))
    if (clear.subarray(0, VERIFICATION_CONSTANT_LENGTH).some((byte) => byte !== 0)) {
      progress.fail('bad-verification-constant', 'the encrypted VC is not eight zero bytes', offset)
      return false
    }
    const bits = readUint32(clear, 8)
    const methods = decodeCryptoMethods(bits)
    this.#offered = bits
    this.#padLength = readUint16(clear, 12)
    progress.report({ type: 'provide-received', bits, methods, padLength: this.#padLength })
    if (!progress.acceptPadLength(this.#padLength, 'PadC', offset + 12)) return false
    const method = this.#options.allow.find((allowed) => methods.includes(allowed))
    if (method === undefined) {
      const message = `crypto_provide is ${bits}, but only ${this.#options.allow.join(', ')} is allowed`
      progress.fail('no-common-method', message, offset + 8)
      return false
    }
    this.#selected = method
    progress.enter('padding')
    return true
  }

  #receivePadding(): boolean {
    const progress = this.#progress
    if (progress.available < this.#padLength + 2 || this.#ciphers === undefined) return false
    progress.take(this.#padLength)
    this.#ciphers.receiving.skip(this.#padLength)
    const offset = progress.offset
    this.#initialPayloadLength = readUint16(this.#ciphers.receiving.apply(progress.take(2)), 0)
    if (this.#initialPayloadLength > MAX_INITIAL_PAYLOAD_LENGTH) {
      const message = `the initial payload has ${this.#initialPayloadLength} bytes, more than ${MAX_INITIAL_PAYLOAD_LENGTH}`
      progress.fail('initial-payload-too-long', message, offset)
      return false
    }
    progress.enter('initial-payload')
    return true
  }

  #receiveInitialPayload(): boolean {
    const progress = this.#progress
    const ciphers = this.#ciphers
    if (progress.available < this.#initialPayloadLength || ciphers === undefined) return false
    // encrypted even if the payload after it is not
    const initialPayload = ciphers.receiving.apply(progress.take(this.#initialPayloadLength))
    progress.report({ type: 'initial-payload-received', length: initialPayload.length })
    this.#sendSelect(ciphers)
    const payload = payloadStream(this.#selected, ciphers)
    progress.finish({
      type: 'established',
      ...payload,
      stream: this.#streamOf(payload.stream),
      infoHash: this.#infoHash,
      bytes: concat([initialPayload, payload.stream.decrypt(progress.takeRest())]),
    })
    return false
  }

  #sendSelect(ciphers: MseCiphers): void {
    const { misbehaviour, randomness } = this.#options
    const honest = {
      verificationConstant: new Uint8Array(VERIFICATION_CONSTANT_LENGTH),
      select: encodeCryptoMethods([this.#selected]),
      padLength: randomness.encryptedPad.length,
      pad: randomness.encryptedPad,
    }
    const { verificationConstant, select, padLength, pad } =
      misbehaviour?.select?.(honest, this.#offered) ?? honest
    const answer = new Uint8Array(VERIFICATION_CONSTANT_LENGTH + 6 + pad.length)
    answer.set(verificationConstant)
    writeUint32(answer, 8, select)
    writeUint16(answer, 12, padLength)
    answer.set(pad, 14)
    this.#progress.send(ciphers.sending.applyInPlace(answer))
    this.#progress.report({ type: 'select-sent', method: this.#selected, padLength })
  }

  #streamOf(honest: MseStream): MseStream {
    const change = this.#options.misbehaviour?.stream
    return change === undefined ? honest : { ...honest, encrypt: (bytes) => change(honest.encrypt(bytes)) }
  }
}
