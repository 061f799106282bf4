import { setImmediate as turn } from 'node:timers/promises'
import type { TransportEnd } from '../../../src/net/transport.ts'
import type { ConnectReport } from '../../../src/report/model/connect.ts'
import { connect } from '../../../src/run/connect.ts'
import type { EncryptionMode } from '../../../src/run/options.ts'
import { MseResponder } from '../../../src/session/mse/responder.ts'
import { bigintDiffieHellman, type CryptoMethod, indexTorrents } from '../../../src/wire/mse/keys.ts'
import { FakeTransport } from '../transports/fake-transport.ts'
import { sessionOptions, testPorts } from '../sessions/fetch-setup.ts'
import type { Metainfo } from '../../../src/wire/torrent/metainfo.ts'
import { VirtualClock } from '../transports/virtual-clock.ts'
import { type Watched, watch } from './evidence.ts'

/** What a peer answers to the first bytes of a connection: raw bytes, or MSE as a client does it with these bytes inside. */
export type Answer =
  | { readonly type: 'raw'; readonly bytes: Uint8Array }
  /** Back what came. */
  | { readonly type: 'echo' }
  | { readonly type: 'mse'; readonly allow: readonly CryptoMethod[]; readonly bytes: Uint8Array }

/** One connection of a peer: it answers, and after a while it may end. */
export interface Line {
  readonly answer: Answer
  /** Undefined: it stays, and says nothing more. */
  readonly end: TransportEnd | undefined
  readonly endsAfterMs: number
}

/** A peer by what it does with a connection that begins in plaintext, and with others. */
export interface Script {
  readonly plaintext: Line
  readonly encrypted: Line
}

export interface ScriptedOptions {
  readonly encryption: EncryptionMode
  readonly interested: boolean
  readonly metainfo: Metainfo
  readonly knowsMetainfo: boolean
}

/** Connects to a peer that exists in memory, in time that is made up. */
export async function connectScripted(
  script: Script,
  { encryption, interested, metainfo, knowsMetainfo }: ScriptedOptions,
): Promise<Watched<ConnectReport>> {
  const clock = new VirtualClock()
  const { infoHashes } = metainfo
  const target = knowsMetainfo ? { infoHashes, metainfo } : { infoHashes }
  const options = {
    ...sessionOptions({ host: '127.0.0.1', port: 1 }, target),
    handshakeTimeoutMs: 3000,
    unchokeTimeoutMs: 2000,
    encryption,
    interested,
    settleMs: 300,
    waitMs: 5000,
  }
  const dial = () =>
    Promise.resolve(new ScriptedTransport(script, infoHashes.v1 ?? new Uint8Array(20), clock))
  const state = { isDone: false }
  const done = watch(connect, options, { ...testPorts(), clock, dial }).finally(() => {
    state.isDone = true
  })
  while (!state.isDone) {
    for (let i = 0; i < 12; i++) await turn()
    clock.advance(500)
  }
  return done
}

class ScriptedTransport extends FakeTransport {
  readonly #script: Script
  readonly #infoHash: Uint8Array
  readonly #clock: VirtualClock
  #responder: MseResponder | undefined
  #isAnswered = false

  constructor(script: Script, infoHash: Uint8Array, clock: VirtualClock) {
    super()
    this.#script = script
    this.#infoHash = infoHash
    this.#clock = clock
  }

  override write(bytes: Uint8Array): boolean {
    // a network answers in a turn of its own
    const came = new Uint8Array(bytes)
    setImmediate(() => this.#take(came))
    return super.write(bytes)
  }

  override deliver(bytes: Uint8Array): void {
    if (!this.isEnded && bytes.length > 0) super.deliver(bytes)
  }

  #take(bytes: Uint8Array): void {
    if (this.#responder !== undefined) return this.#step(bytes)
    if (this.#isAnswered) return
    this.#isAnswered = true
    const { answer } = this.#line
    if (answer.type === 'mse') {
      this.#responder = new MseResponder({
        randomness: {
          privateKey: new Uint8Array(20).fill(5),
          publicKeyPad: new Uint8Array(7),
          encryptedPad: new Uint8Array(3),
        },
        diffieHellman: bigintDiffieHellman,
        stepTimeoutMs: 600_000,
        findTorrent: indexTorrents([this.#infoHash]),
        allow: answer.allow,
        plaintext: 'refuse',
      })
      this.#responder.step({ type: 'connected', at: 0 })
      this.#step(bytes)
      return
    }
    this.deliver(answer.type === 'echo' ? bytes : answer.bytes)
    this.#finish()
  }

  #step(bytes: Uint8Array): void {
    const { answer } = this.#line
    const { send, events } = this.#responder?.step({ type: 'bytes', bytes, at: 0 }) ?? {
      send: [],
      events: [],
    }
    for (const part of send) this.deliver(part)
    for (const event of events) {
      if (event.type === 'failed') this.#finish()
      if (event.type !== 'established' || answer.type !== 'mse') continue
      this.deliver(event.stream.encrypt(new Uint8Array(answer.bytes)))
      this.#finish()
    }
  }

  get #line(): Line {
    return this.writes[0]?.[0] === 19 ? this.#script.plaintext : this.#script.encrypted
  }

  #finish(): void {
    const { end, endsAfterMs } = this.#line
    if (end === undefined) return
    this.#clock.schedule(this.#clock.now() + endsAfterMs, () => {
      if (!this.isEnded) this.close(end)
    })
  }
}
