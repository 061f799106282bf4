import { UtpConnection, type UtpConnectionOptions } from '../../../src/session/utp/connection.ts'
import type { UtpEvent, UtpInput } from '../../../src/session/utp/events.ts'
import { decodeUtpPacket, type UtpPacket } from '../../../src/wire/utp/packet.ts'
import { type LinkOptions, SimulatedLink, VirtualTime } from './simulated-link.ts'

/** One side, with everything that happened to it. */
export interface Side {
  readonly name: 'initiator' | 'acceptor'
  connection: UtpConnection | undefined
  readonly events: UtpEvent[]
  readonly received: Uint8Array[]
  wakeAt: number | undefined
}

export interface PairOptions {
  readonly link: LinkOptions
  readonly back?: LinkOptions
  readonly connectionId?: number
  readonly initiatorFirst?: number
  readonly acceptorFirst?: number
  readonly options?: Partial<UtpConnectionOptions>
  /** Called with every datagram before it enters the link; returns false to drop it. */
  readonly watch?: (from: Side, packet: UtpPacket, bytes: Uint8Array, at: number) => boolean | void
}

/** Two uTP machines and the path between them, in virtual time. */
export class UtpPair {
  readonly time = new VirtualTime()
  readonly initiator: Side = newSide('initiator')
  readonly acceptor: Side = newSide('acceptor')
  readonly #options: PairOptions
  readonly #there: SimulatedLink
  readonly #back: SimulatedLink

  constructor(options: PairOptions) {
    this.#options = options
    this.#there = new SimulatedLink(options.link)
    this.#back = new SimulatedLink(options.back ?? { ...options.link, seed: options.link.seed + 1 })
    this.initiator.connection = new UtpConnection({
      ...options.options,
      connectionId: options.connectionId ?? 1234,
      sequenceNumber: options.initiatorFirst ?? 1,
    })
  }

  get datagrams(): number {
    return this.#there.sent + this.#back.sent
  }

  /** Steps one side at the current time, which is added to the input. */
  act(side: Side, input: DistributiveOmit<UtpInput, 'at'>): void {
    const { connection } = side
    if (connection === undefined) return
    const { send, events, wakeAt } = connection.step({ ...input, at: this.time.now })
    for (const event of events) {
      if (event.type === 'bytes') side.received.push(...event.chunks)
      else side.events.push(event)
    }
    for (const bytes of send) this.#deliver(side, bytes)
    if (wakeAt !== undefined && (side.wakeAt === undefined || wakeAt < side.wakeAt)) this.#wake(side, wakeAt)
  }

  has(side: Side, type: UtpEvent['type']): boolean {
    return side.events.some((event) => event.type === type)
  }

  #wake(side: Side, wakeAt: number): void {
    side.wakeAt = wakeAt
    this.time.schedule(wakeAt, () => {
      if (side.wakeAt !== wakeAt) return
      side.wakeAt = undefined
      this.act(side, { type: 'tick' })
    })
  }

  #deliver(from: Side, bytes: Uint8Array): void {
    const result = decodeUtpPacket(bytes)
    if (!result.ok) throw new Error(`a machine sent what is no packet: ${result.reason}`)
    if (this.#options.watch?.(from, result.packet, bytes, this.time.now) === false) return
    const to = from === this.initiator ? this.acceptor : this.initiator
    const link = from === this.initiator ? this.#there : this.#back
    for (const at of link.arrivals(this.time.now, bytes.length))
      this.time.schedule(at, () => this.#arrive(to, result.packet))
  }

  #arrive(to: Side, packet: UtpPacket): void {
    if (to.connection === undefined) {
      if (packet.type !== 'syn') return
      to.connection = new UtpConnection({
        ...this.#options.options,
        connectionId: packet.connectionId,
        sequenceNumber: this.#options.acceptorFirst ?? 5000,
        syn: packet,
      })
    }
    this.act(to, { type: 'packets', packets: [packet] })
  }
}

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never

function newSide(name: Side['name']): Side {
  return { name, connection: undefined, events: [], received: [], wakeAt: undefined }
}

/** Bytes that depend on their position, so that lost, duplicated and swapped packets are detected. */
export function patternBytes(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed >>> 0
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}
