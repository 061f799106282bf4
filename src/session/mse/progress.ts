import { concat } from '../../base/bytes.ts'
import { PeerError } from '../../base/errors.ts'
import { MAX_ENCRYPTION_PAD_LENGTH } from '../../base/limits.ts'
import {
  type CryptoMethod,
  isAcceptablePublicKey,
  type MseKeys,
  createMseCipher,
  PUBLIC_KEY_LENGTH,
} from '../../wire/mse/keys.ts'
import type { Rc4 } from '../../wire/mse/rc4.ts'
import type {
  MseEstablished,
  MseEvent,
  MseFailure,
  MseInput,
  MseOptions,
  MseOutput,
  MseStep,
  MseStream,
} from './machine.ts'

type EventBody<Event> = Event extends unknown ? Omit<Event, 'at'> : never
type MseReport = EventBody<MseEvent>

/** What to say if a step is not completed. */
interface MseStepText {
  /** How far the peer got; completes "the peer closed after ...". */
  readonly where: (bytesReceived: number) => string
  /** The hint if the peer closed, and if it was silent until we did. */
  readonly closedHint?: string
  readonly timeoutHint?: string
}

/** For each step of one side. */
export type MseStepTexts = Readonly<Partial<Record<MseStep, MseStepText>>>

/**
 * State shared by initiator and responder: the bytes not yet consumed, the deadline of the step, and the output of the
 * current call. Every step reads a bounded number of bytes, so at most those and one chunk are held.
 */
export class MseProgress {
  readonly #stepTimeoutMs: number
  readonly #texts: MseStepTexts
  #bytes: Uint8Array = new Uint8Array()
  #offset = 0
  #at = 0
  #deadline = Number.POSITIVE_INFINITY
  #step: MseStep = 'public-key'
  #over = false
  #send: Uint8Array[] = []
  #events: MseEvent[] = []

  constructor(stepTimeoutMs: number, texts: MseStepTexts) {
    this.#stepTimeoutMs = stepTimeoutMs
    this.#texts = texts
  }

  get step(): MseStep {
    return this.#step
  }

  /** Position in the peer's stream of the first byte not yet consumed. */
  get offset(): number {
    return this.#offset
  }

  /** Bytes received and not yet consumed. */
  get available(): number {
    return this.#bytes.length
  }

  /** Records an input. Returns false when there is nothing to advance with. */
  accept(input: MseInput): boolean {
    if (this.#over) return false
    this.#at = input.at
    switch (input.type) {
      case 'connected':
        this.enter('public-key')
        return true
      case 'bytes':
        // always a copy: the rest must stay valid when the caller reuses its buffer, and may be decrypted in place
        this.#bytes = concat([this.#bytes, input.bytes])
        return true
      case 'end':
        this.#failUnfinished(ENDINGS[input.how].failure, ENDINGS[input.how].text)
        return false
      case 'tick':
        return false
    }
  }

  /** Takes one step after the other. @param completeStep false when it needs more bytes */
  advance(completeStep: () => boolean): void {
    let isAdvancing = true
    while (isAdvancing && !this.#over) isAdvancing = completeStep()
  }

  enter(step: MseStep): void {
    this.#step = step
    this.#deadline = this.#at + this.#stepTimeoutMs
  }

  peek(length: number): Uint8Array {
    return this.#bytes.subarray(0, length)
  }

  /** @param length at most `available` */
  take(length: number): Uint8Array {
    const taken = this.#bytes.subarray(0, length)
    this.#bytes = this.#bytes.subarray(length)
    this.#offset += length
    return taken
  }

  takeRest(): Uint8Array {
    return this.take(this.#bytes.length)
  }

  send(...messages: readonly Uint8Array[]): void {
    this.#send.push(concat(messages))
  }

  report(event: MseReport): void {
    this.#events.push({ ...event, at: this.#at })
  }

  /** Reports the last event. */
  finish(event: MseReport): void {
    this.report(event)
    this.#over = true
    this.#bytes = new Uint8Array()
  }

  /** @param offset of the byte that shows the error */
  fail(failure: MseFailure, message: string, offset: number, hint?: string): void {
    const error = new PeerError('E_ENCRYPTION_FAILED', message, {
      phase: 'encryption',
      offset,
      reference: 'MSE',
      hint,
    })
    this.finish({ type: 'failed', step: this.#step, failure, bytesReceived: this.#received, error })
  }

  /** Ends a call: fails if the step timed out, and returns the collected output. */
  output(): MseOutput {
    if (!this.#over && this.#at >= this.#deadline)
      this.#failUnfinished('timeout', `we closed after ${this.#stepTimeoutMs} ms and`)
    const output = {
      send: this.#send,
      events: this.#events,
      wakeAt: this.#over || this.#deadline === Number.POSITIVE_INFINITY ? undefined : this.#deadline,
    }
    this.#send = []
    this.#events = []
    return output
  }

  /**
   * Takes the peer's public key, or fails if it would reveal the shared secret.
   * @returns undefined when it is incomplete, or failed
   */
  takePublicKey(): Uint8Array | undefined {
    if (this.available < PUBLIC_KEY_LENGTH) return undefined
    const publicKey = this.take(PUBLIC_KEY_LENGTH)
    if (isAcceptablePublicKey(publicKey)) {
      this.report({ type: 'public-key-received' })
      return publicKey
    }
    this.fail('degenerate-public-key', 'the public key from the peer is not in the range 2 to P-2', 0)
    return undefined
  }

  /**
   * Finds the bytes that end the peer's first pad and takes everything up to them, or fails when the pad would be too
   * long.
   * @returns false when they have not been received yet, or failed
   */
  takePadBefore(pattern: Uint8Array, name: string): boolean {
    const limit = MAX_ENCRYPTION_PAD_LENGTH + pattern.length
    const padLength = indexOf(this.peek(limit), pattern)
    if (padLength >= 0) {
      this.take(padLength)
      this.report({ type: 'synchronised', offset: this.#offset, padLength })
      return true
    }
    if (this.available >= limit) {
      const end = this.#offset + limit
      const message = `the peer sent ${this.#received} bytes that are not valid MSE: ${name} is not in the first ${end}`
      this.fail('not-synchronised', message, end)
    }
    return false
  }

  /** Fails and returns false when the announced length of an encrypted pad is above the maximum. */
  acceptPadLength(length: number, name: string, offset: number): boolean {
    if (length <= MAX_ENCRYPTION_PAD_LENGTH) return true
    this.fail('pad-too-long', `${name} has ${length} bytes, more than ${MAX_ENCRYPTION_PAD_LENGTH}`, offset)
    return false
  }

  get #received(): number {
    return this.#offset + this.#bytes.length
  }

  #failUnfinished(failure: MseFailure, ending: string): void {
    const received = this.#received
    const text = this.#texts[this.#step]
    const hints: { readonly [failure in MseFailure]?: string | undefined } = {
      closed: text?.closedHint,
      reset: text?.closedHint,
      timeout: text?.timeoutHint,
    }
    const where = text?.where(received) ?? `${received} bytes`
    this.fail(failure, `${ending} ${where}`, received, hints[failure])
  }
}

const ENDINGS = {
  fin: { failure: 'closed', text: 'the peer closed after' },
  rst: { failure: 'reset', text: 'the connection was reset after' },
  lost: { failure: 'lost', text: 'the connection was lost after' },
} as const

/** @throws RangeError when the random values have wrong lengths: a bug in the caller */
export function checkMseOptions({ randomness }: MseOptions): void {
  const { privateKey, publicKeyPad, encryptedPad } = randomness
  if (privateKey.length < 16 || privateKey.every((byte) => byte === 0))
    throw new RangeError('a private key has at least 16 bytes, not all of them zero')
  for (const pad of [publicKeyPad, encryptedPad])
    if (pad.length > MAX_ENCRYPTION_PAD_LENGTH)
      throw new RangeError(`a pad has at most ${MAX_ENCRYPTION_PAD_LENGTH} bytes, not ${pad.length}`)
}

/** The two ciphers of a connection, as one side uses them. */
export interface MseCiphers {
  readonly sending: Rc4
  readonly receiving: Rc4
}

export function createMseCiphers(keys: MseKeys, role: 'initiator' | 'responder'): MseCiphers {
  const toResponder = createMseCipher(keys.initiatorToResponder)
  const toInitiator = createMseCipher(keys.responderToInitiator)
  return role === 'initiator'
    ? { sending: toResponder, receiving: toInitiator }
    : { sending: toInitiator, receiving: toResponder }
}

/** The stream after the handshake, by the selected method. */
export function payloadStream(
  method: CryptoMethod,
  { sending, receiving }: MseCiphers,
): Pick<MseEstablished, 'encryption' | 'stream'> {
  if (method === 'plaintext') return { encryption: 'mse-plaintext', stream: PLAINTEXT_STREAM }
  const stream: MseStream = {
    encrypt: (bytes) => sending.apply(bytes),
    decrypt: (bytes) => receiving.applyInPlace(bytes),
  }
  return { encryption: 'rc4', stream }
}

export const PLAINTEXT_STREAM: MseStream = { encrypt: (bytes) => bytes, decrypt: (bytes) => bytes }

function indexOf(bytes: Uint8Array, pattern: Uint8Array): number {
  for (let at = 0; at + pattern.length <= bytes.length; at++) {
    let matched = 0
    while (matched < pattern.length && bytes[at + matched] === pattern[matched]) matched++
    if (matched === pattern.length) return at
  }
  return -1
}
