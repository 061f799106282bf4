import { equalBytes, isText, readUint16, readUint32, writeUint16, writeUint32 } from '../../base/bytes.ts'
import { MAX_INITIAL_PAYLOAD_LENGTH } from '../../base/limits.ts'
import { beginsHandshake } from '../../wire/handshake/handshake.ts'
import {
  type CryptoMethod,
  decodeCryptoMethods,
  deriveKeys,
  encodeCryptoMethods,
  maskTorrentHash,
  PUBLIC_KEY_LENGTH,
  secretHash,
  torrentHash,
  VERIFICATION_CONSTANT_LENGTH,
} from '../../wire/mse/keys.ts'
import type { MseHandshake, MseInput, MseOptions, MseOutput } from './machine.ts'
import {
  checkMseOptions,
  createMseCiphers,
  type MseCiphers,
  MseProgress,
  type MseStepTexts,
  payloadStream,
} from './progress.ts'
import { MSE_TIMEOUT_HINT } from './timeout-hint.ts'

/** Options of the side that connects. */
export interface MseInitiatorOptions extends MseOptions {
  /** 20 bytes, or the 32 of a v2 torrent. */
  readonly infoHash: Uint8Array
  /** The methods to offer for the payload, at least one. */
  readonly provide: readonly CryptoMethod[]
  /**
   * Sent with the request: empty, or the 68 bytes of our handshake, which saves a round trip. Clients differ:
   * Transmission 3.00 closes if it contains a handshake and both methods are offered; KTorrent closes if it is empty.
   */
  readonly initialPayload: Uint8Array
}

/** Only a peer that knows the info hash can answer with VC. Before VC nothing is proven: 96 bytes can be anything. */
const TEXTS: MseStepTexts = {
  'public-key': {
    where: (received) =>
      received === 0 ? '0 bytes' : `${received} bytes, fewer than the ${PUBLIC_KEY_LENGTH} of a public key`,
    closedHint:
      'a client without MSE or without an active torrent, a limit, a ban of this address, another connection from this address, a filter on the path and another service look alike: try --encryption off',
    timeoutHint:
      'a client without MSE, one that hangs, a slow path, a filter on the path and another service look alike: try --encryption off',
  },
  synchronisation: {
    where: (received) =>
      `${received} bytes that can be a public key, without a proof that it knows the torrent (VC)`,
    closedHint:
      'an unknown or stopped torrent, an SSL torrent, a limit, a ban of this address or this client, another connection from this address, a defect of its MSE, a filter on the path and another service look alike: check the info hash',
    timeoutHint: MSE_TIMEOUT_HINT,
  },
  select: { where: () => 'VC, before the end of crypto_select' },
  padding: { where: () => 'crypto_select, before the end of PadD' },
}

/** The side that connects, as a pure state machine. It sends first, on `connected`. */
export class MseInitiator implements MseHandshake {
  readonly #options: MseInitiatorOptions
  readonly #progress: MseProgress
  readonly #publicKey: Uint8Array
  #ciphers: MseCiphers | undefined
  /** VC as the peer will encrypt it, to find the end of its pad. */
  #pattern: Uint8Array = new Uint8Array(VERIFICATION_CONSTANT_LENGTH)
  #selected: CryptoMethod = 'plaintext'
  #padLength = 0

  /** @throws RangeError when an option is out of bounds */
  constructor(options: MseInitiatorOptions) {
    checkMseOptions(options)
    const { infoHash, provide, initialPayload } = options
    if (infoHash.length < 20) throw new RangeError(`an info hash has 20 bytes, not ${infoHash.length}`)
    if (provide.length === 0) throw new RangeError('at least one method must be offered')
    if (initialPayload.length > MAX_INITIAL_PAYLOAD_LENGTH)
      throw new RangeError(`at most ${MAX_INITIAL_PAYLOAD_LENGTH} bytes fit in the initial payload`)
    this.#options = options
    this.#publicKey = options.diffieHellman.publicKey(options.randomness.privateKey)
    this.#progress = new MseProgress(options.stepTimeoutMs, TEXTS)
  }

  step(input: MseInput): MseOutput {
    if (this.#progress.accept(input)) {
      if (input.type === 'connected') this.#sendPublicKey()
      this.#progress.advance(() => this.#completeStep())
    }
    return this.#progress.output()
  }

  #completeStep(): boolean {
    switch (this.#progress.step) {
      case 'public-key':
        return this.#receivePublicKey()
      case 'synchronisation':
        if (!this.#progress.takePadBefore(this.#pattern, 'the encrypted VC')) return false
        this.#progress.take(this.#pattern.length)
        this.#progress.enter('select')
        return true
      case 'select':
        return this.#receiveSelect()
      case 'padding':
        return this.#receivePadding()
      case 'torrent':
      case 'provide':
      case 'initial-payload':
        return false
    }
  }

  #sendPublicKey(): void {
    const { publicKeyPad } = this.#options.randomness
    this.#progress.send(this.#publicKey, publicKeyPad)
    this.#progress.report({ type: 'public-key-sent', padLength: publicKeyPad.length })
  }

  #receivePublicKey(): boolean {
    const progress = this.#progress
    const first = progress.peek(20)
    if (first.length === 20 && beginsHandshake(first)) {
      progress.fail(
        'plaintext',
        'the peer sent a plaintext handshake where its public key belongs',
        0,
        'it answers MSE with a plaintext handshake, so BitTorrent is there: try again with --encryption off',
      )
      return false
    }
    if (this.#isNoKey()) return false
    const publicKey = progress.takePublicKey()
    if (publicKey === undefined) return false
    const { diffieHellman, infoHash, randomness } = this.#options
    const secret = diffieHellman.sharedSecret(randomness.privateKey, publicKey)
    const ciphers = createMseCiphers(deriveKeys(secret, infoHash), 'initiator')
    this.#ciphers = ciphers
    this.#pattern = ciphers.receiving.apply(new Uint8Array(VERIFICATION_CONSTANT_LENGTH))
    const hashes = [secretHash(secret), maskTorrentHash(torrentHash(infoHash), secret)]
    progress.send(...hashes, ciphers.sending.applyInPlace(this.#request()))
    progress.report({
      type: 'provide-sent',
      methods: this.#options.provide,
      padLength: randomness.encryptedPad.length,
      initialPayloadLength: this.#options.initialPayload.length,
      secretBeginsWithZero: secret[0] === 0,
    })
    progress.enter('synchronisation')
    return true
  }

  /** Fails and returns true for 96 bytes that are in the range of a public key but cannot be one. */
  #isNoKey(): boolean {
    const progress = this.#progress
    const key = progress.peek(PUBLIC_KEY_LENGTH)
    if (key.length < PUBLIC_KEY_LENGTH) return false
    const isEcho = equalBytes(key, this.#publicKey)
    // other protocols begin with text, and 96 random bytes are never text
    if (!isEcho && !isText(key)) return false
    const what = isEcho ? 'our own public key back' : 'text where its public key belongs'
    progress.fail('not-a-public-key', `the peer sent ${what}: it does not speak MSE`, 0)
    return true
  }

  /** VC, crypto_provide, PadC and the initial payload, unencrypted. */
  #request(): Uint8Array {
    const { initialPayload, provide, randomness } = this.#options
    const pad = randomness.encryptedPad
    const request = new Uint8Array(VERIFICATION_CONSTANT_LENGTH + 8 + pad.length + initialPayload.length)
    writeUint32(request, 8, encodeCryptoMethods(provide))
    writeUint16(request, 12, pad.length)
    request.set(pad, 14)
    writeUint16(request, 14 + pad.length, initialPayload.length)
    request.set(initialPayload, 16 + pad.length)
    return request
  }

  #receiveSelect(): boolean {
    const progress = this.#progress
    if (progress.available < 6 || this.#ciphers === undefined) return false
    const offset = progress.offset
    const clear = this.#ciphers.receiving.apply(progress.take(6))
    const bits = readUint32(clear, 0)
    const method = decodeCryptoMethods(bits).find((known) => encodeCryptoMethods([known]) === bits)
    if (method === undefined || !this.#options.provide.includes(method)) {
      const message = `crypto_select is ${bits}, but we offered ${this.#options.provide.join(', ')}`
      progress.fail('method-not-offered', message, offset)
      return false
    }
    this.#padLength = readUint16(clear, 4)
    if (!progress.acceptPadLength(this.#padLength, 'PadD', offset + 4)) return false
    this.#selected = method
    progress.report({ type: 'select-received', method, padLength: this.#padLength })
    progress.enter('padding')
    return true
  }

  #receivePadding(): boolean {
    const progress = this.#progress
    if (progress.available < this.#padLength || this.#ciphers === undefined) return false
    progress.take(this.#padLength)
    this.#ciphers.receiving.skip(this.#padLength)
    const payload = payloadStream(this.#selected, this.#ciphers)
    progress.finish({
      type: 'established',
      ...payload,
      infoHash: this.#options.infoHash,
      bytes: payload.stream.decrypt(progress.takeRest()),
    })
    return false
  }
}
