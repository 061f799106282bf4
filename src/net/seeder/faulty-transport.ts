import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import type { Handshake } from '../../wire/handshake/handshake.ts'
import { MessageDecoder } from '../../wire/message/decoder.ts'
import type { FaultAction, StreamFault } from '../../session/faults/fault.ts'
import { type SentEvent, SentStream } from '../../session/faults/sent-stream.ts'
import { encodeUnit } from '../../session/faults/message-faults.ts'
import { FaultChain, seededRandom, type ChosenFault } from '../../session/faults/table.ts'
import type { Clock } from '../clock.ts'
import type { Endpoint, Transport, TransportSink } from '../transport.ts'

export interface FaultOptions {
  readonly faults: readonly ChosenFault<StreamFault>[]
  readonly metainfo: Metainfo
  /** The same seed makes the same choices, for the same connections in the same order. */
  readonly seed: number
  readonly clock: Clock
  /** Called when something was sent that is not the answer to a write. */
  readonly onLateSent?: ((transport: FaultyTransport) => void) | undefined
}

/** Adds faults to each transport in turn. The seeder above behaves normally and does not know about them. */
export function misbehaving(options: FaultOptions): (transport: Transport) => Transport {
  let connections = 0
  return (transport) => new FaultyTransport(transport, options, options.seed + connections++)
}

/** When more bytes than this are held back, the writer must wait. */
const HELD_BYTES = 64 * 1024

/** Decodes what is written, lets the faults replace it, and sends the result. */
export class FaultyTransport implements Transport {
  readonly #inner: Transport
  readonly #clock: Clock
  readonly #onLateSent: FaultOptions['onLateSent']
  readonly #sent = new SentStream()
  /** Bytes written, before the faults. */
  #written = 0
  /** What was sent and not taken yet, and where the write began at which that happened. */
  readonly #untaken: { readonly from: number; readonly event: SentEvent }[] = []
  readonly #chain: FaultChain
  readonly #outgoing = new MessageDecoder()
  readonly #incoming = new MessageDecoder()
  #peerHandshake: Handshake | undefined
  #sink: TransportSink | undefined
  #actions: FaultAction[] = []
  #heldBytes = 0
  #waiting: (() => void) | undefined
  #stalled = false
  #ending = false
  #blocked = false
  /** The writer is waiting for `drained`. */
  #owesDrain = false

  constructor(inner: Transport, { faults, metainfo, clock, onLateSent }: FaultOptions, seed: number) {
    this.#inner = inner
    this.#clock = clock
    this.#onLateSent = onLateSent
    this.#chain = new FaultChain(faults, {
      metainfo,
      random: seededRandom(seed),
      peerHandshake: () => this.#peerHandshake,
    })
  }

  get kind(): Transport['kind'] {
    return this.#inner.kind
  }

  get encryption(): Transport['encryption'] {
    return this.#inner.encryption
  }

  get local(): Endpoint {
    return this.#inner.local
  }

  get remote(): Endpoint {
    return this.#inner.remote
  }

  get bytesSent(): number {
    return this.#inner.bytesSent
  }

  get bytesReceived(): number {
    return this.#inner.bytesReceived
  }

  start(sink: TransportSink): void {
    this.#sink = sink
    this.#inner.start({
      bytes: (chunk) => this.#received(chunk),
      drained: () => this.#drained(),
      closed: (end) => {
        this.#waiting?.()
        this.#actions = []
        this.#sent.end(this.#clock.now())
        sink.closed(end)
      },
    })
    this.#do(this.#chain.connected())
    this.#onLateSent?.(this)
  }

  /**
   * What really left since the last call.
   * @param before only in writes that began before this position of what was written
   */
  takeSent(before = Number.POSITIVE_INFINITY): readonly SentEvent[] {
    this.#collect(0)
    const later = this.#untaken.findIndex(({ from }) => from >= before)
    const taken = this.#untaken.splice(0, later === -1 ? this.#untaken.length : later)
    return taken.map(({ event }) => event)
  }

  #collect(from: number): void {
    for (const event of this.#sent.take()) this.#untaken.push({ from, event })
  }

  write(bytes: Uint8Array): boolean {
    const from = this.#written
    this.#written += bytes.length
    if (this.#stalled) return true
    const { handshake, messages } = this.#outgoing.pushBatch(bytes)
    if (handshake !== undefined) this.#do(this.#chain.outgoing({ type: 'handshake', handshake }))
    for (const message of messages) this.#do(this.#chain.outgoing({ type: 'message', message }))
    this.#collect(from)
    this.#owesDrain = this.#isFull
    return !this.#owesDrain
  }

  pause(): void {
    this.#inner.pause()
  }

  resume(): void {
    this.#inner.resume()
  }

  end(): void {
    this.#ending = true
    if (this.#actions.length === 0) this.#inner.end()
  }

  abort(): void {
    this.#inner.abort()
  }

  get #isFull(): boolean {
    return this.#blocked || this.#heldBytes > HELD_BYTES
  }

  #received(chunk: Uint8Array): void {
    // faults need only the handshake; what follows it is not decoded
    this.#peerHandshake ??= this.#incoming.pushBatch(chunk.slice()).handshake
    this.#sink?.bytes(chunk)
  }

  #drained(): void {
    this.#blocked = false
    this.#tellRoom()
  }

  #tellRoom(): void {
    if (!this.#owesDrain || this.#isFull) return
    this.#owesDrain = false
    this.#sink?.drained()
  }

  #do(actions: readonly FaultAction[]): void {
    for (const action of actions) {
      this.#actions.push(action)
      this.#heldBytes += heldBytes(action)
    }
    if (this.#waiting === undefined) this.#run()
  }

  #run(): void {
    for (let action = this.#actions.shift(); action !== undefined; action = this.#actions.shift()) {
      this.#heldBytes -= heldBytes(action)
      if (action.type === 'wait') {
        this.#wait(action.ms)
        return
      }
      this.#perform(action)
    }
    if (this.#ending) this.#inner.end()
    else this.#tellRoom()
  }

  #wait(ms: number): void {
    this.#waiting = this.#clock.schedule(this.#clock.now() + ms, () => {
      this.#waiting = undefined
      this.#run()
      this.#onLateSent?.(this)
    })
  }

  #perform(action: Exclude<FaultAction, { readonly type: 'wait' }>): void {
    switch (action.type) {
      case 'send':
        this.#write(encodeUnit(action.unit))
        return
      case 'raw':
        this.#write(action.bytes)
        return
      case 'stall':
        this.#stall()
        return
      case 'close':
        this.#stall()
        if (action.how === 'end') this.#inner.end()
        else this.#inner.abort()
    }
  }

  #write(bytes: Uint8Array): void {
    this.#sent.push(this.#clock.now(), bytes)
    this.#blocked = !this.#inner.write(bytes) || this.#blocked
  }

  #stall(): void {
    this.#stalled = true
    this.#actions = []
    this.#heldBytes = 0
  }
}

function heldBytes(action: FaultAction): number {
  if (action.type === 'raw') return action.bytes.length
  return action.type === 'send' && action.unit.type === 'message' && action.unit.message.type === 'piece'
    ? action.unit.message.block.length
    : 0
}
