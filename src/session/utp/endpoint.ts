import { MAX_UTP_CONNECTIONS, MAX_UTP_PENDING } from '../../base/limits.ts'
import { decodeUtpPacket, encodeUtpPacket, type UtpPacket } from '../../wire/utp/packet.ts'
import { addSequence } from '../../wire/utp/sequence.ts'
import { UtpConnection } from './connection.ts'
import type { UtpEvent, UtpInput } from './events.ts'
import { UtpReceiveMemory } from './receive-window.ts'
import { UtpResetLimiter } from './reset-limiter.ts'

/** The source or destination of a datagram; the address as formatted by the socket. */
export interface UtpAddress {
  readonly address: string
  readonly port: number
}

/** What a socket received. */
export interface UtpDatagram {
  readonly from: UtpAddress
  readonly bytes: Uint8Array
}

/** Returns what to send instead of one of our datagrams. */
export type DatagramFilter = (datagram: Uint8Array) => readonly Uint8Array[]

/** Options for all uTP connections of one UDP socket. */
export interface UtpEndpointOptions {
  /** Returns 16 unpredictable random bits, for connection ids and first packet numbers. */
  readonly randomUint16: () => number
  /** Whether to accept connections. Default false. */
  readonly accepts?: boolean
  /** Most connections at once. Default 4096. Further SYNs are not answered. */
  readonly maxConnections?: number
  /** Most connections whose peer has not proved its address. Default 256. */
  readonly maxPending?: number
  /** As in `UtpConnectionOptions`, for each connection. */
  readonly payloadLimit?: number
  readonly receiveWindow?: number
  /** Creates a filter for the datagrams of an accepted connection, from the answer to its SYN on, to test the other side. */
  readonly misbehave?: (() => DatagramFilter) | undefined
}

/** An event on the socket or on one of its connections. */
export type UtpEndpointEvent =
  /** A peer opened a connection and proved its address; the `connected` event follows. */
  | { readonly type: 'accepted'; readonly connection: UtpConnection; readonly from: UtpAddress }
  | { readonly type: 'connection'; readonly connection: UtpConnection; readonly event: UtpEvent }
  /** A datagram that is not a uTP packet: DHT, a tracker, noise. If we do not accept connections, also one for an unknown connection. */
  | {
      readonly type: 'foreign'
      readonly from: UtpAddress
      readonly datagram: Uint8Array
      readonly reason: string
    }

/** Everything that an endpoint wants done, in order. */
export interface UtpEndpointOutput {
  readonly send: readonly { readonly to: UtpAddress; readonly bytes: Uint8Array }[]
  readonly events: readonly UtpEndpointEvent[]
}

/** Maximum delay of a deadline, in ms: one tick serves many connections. */
const TICK_MS = 10

interface Entry {
  readonly connection: UtpConnection
  readonly remote: UtpAddress
  /** Undefined for a connection without faults. */
  readonly filter: DatagramFilter | undefined
  wakeAt: number | undefined
  isAnnounced: boolean
  /** Whether it is in the set of those to flush. */
  isHeld: boolean
}

/**
 * Demultiplexes the uTP connections of one UDP socket. Pure. A connection is identified by remote address, port and the
 * id in packets to us. A peer that has not proved its address gets at most one packet of 20 bytes for each of its own.
 * @see https://www.bittorrent.org/beps/bep_0029.html
 */
export class UtpEndpoint {
  readonly #options: UtpEndpointOptions
  readonly #maxConnections: number
  readonly #maxPending: number
  /** By id and remote port; the few that share both are distinguished by address. */
  readonly #entries = new Map<number, Entry[]>()
  readonly #byConnection = new Map<UtpConnection, Entry>()
  /** Incoming and unproven, oldest first. */
  readonly #pending = new Set<Entry>()
  readonly #held = new Set<Entry>()
  readonly #resets = new UtpResetLimiter()
  readonly #receiveMemory = new UtpReceiveMemory()
  #accepts: boolean
  #wakeAt: number | undefined
  /** The connection of the last datagrams, and their packets. */
  #receiver: Entry | undefined
  #run: UtpPacket[] = []
  #send: { to: UtpAddress; bytes: Uint8Array }[] = []
  #events: UtpEndpointEvent[] = []

  constructor(options: UtpEndpointOptions) {
    this.#options = options
    this.#accepts = options.accepts ?? false
    this.#maxConnections = options.maxConnections ?? MAX_UTP_CONNECTIONS
    this.#maxPending = options.maxPending ?? MAX_UTP_PENDING
  }

  /** Number of connections, including finished ones that still answer a repeated FIN. */
  get size(): number {
    return this.#byConnection.size
  }

  /** When to `tick`, in ms; may be early, never late by more than 10 ms. */
  get wakeAt(): number | undefined {
    return this.#wakeAt
  }

  /** Whether `flush` would send something. */
  get needsFlush(): boolean {
    return this.#held.size > 0
  }

  /**
   * Creates a connection to `to`. Its SYN is sent by the `connect` input, passed to `step`.
   * @returns undefined when there are too many connections already
   */
  open(to: UtpAddress): UtpConnection | undefined {
    if (this.size >= this.#maxConnections) return undefined
    let connectionId = this.#options.randomUint16()
    // ids are used in pairs; this terminates because there are far fewer connections than ids
    while (this.#isTaken(connectionId, to)) connectionId = addSequence(connectionId, 2)
    const connection = new UtpConnection({ ...this.#connectionOptions(), connectionId })
    this.#add({
      connection,
      remote: to,
      filter: undefined,
      wakeAt: undefined,
      isAnnounced: true,
      isHeld: false,
    })
    return connection
  }

  /** Stops answering SYNs. Existing connections continue. */
  stopAccepting(): void {
    this.#accepts = false
    for (const entry of [...this.#pending]) this.#remove(entry)
  }

  /** Passes an input to one connection: a write, a close and so on. */
  step(connection: UtpConnection, input: UtpInput): UtpEndpointOutput {
    const entry = this.#byConnection.get(connection)
    if (entry !== undefined) this.#step(entry, input)
    return this.#output()
  }

  /** Handles the datagrams that the socket received at one time, in order. Consecutive ones of a connection are one input. */
  receive(at: number, datagrams: readonly UtpDatagram[]): UtpEndpointOutput {
    for (const { from, bytes } of datagrams) {
      const result = decodeUtpPacket(bytes)
      const reason = result.ok ? this.#route(at, from, result.packet) : result.reason
      if (reason !== undefined) this.#events.push({ type: 'foreign', from, datagram: bytes, reason })
    }
    this.#endRun(at)
    return this.#output()
  }

  /** Ends a batch of datagrams or writes: sends what was held back. */
  flush(at: number): UtpEndpointOutput {
    const held = [...this.#held]
    for (const entry of held) this.#step(entry, { type: 'flush', at })
    return this.#output()
  }

  /** The clock of `at` has just skipped `skippedMs` milliseconds. Timestamps on the wire do not skip them. */
  skip(at: number, skippedMs: number): void {
    for (const { connection } of this.#byConnection.values()) connection.step({ type: 'skip', at, skippedMs })
  }

  /** Call this at the time of `wakeAt`. */
  tick(at: number): UtpEndpointOutput {
    this.#wakeAt = undefined
    for (const entry of this.#byConnection.values()) {
      if (entry.wakeAt === undefined) continue
      if (entry.wakeAt <= at) this.#step(entry, { type: 'tick', at })
      else this.#noteWake(entry.wakeAt)
    }
    // one tick serves everything that is due shortly after it
    if (this.#wakeAt !== undefined) this.#wakeAt = Math.max(this.#wakeAt, at + TICK_MS)
    return this.#output()
  }

  #connectionOptions() {
    const { payloadLimit, receiveWindow, randomUint16 } = this.#options
    return {
      sequenceNumber: randomUint16(),
      receiveMemory: this.#receiveMemory,
      ...(payloadLimit === undefined ? {} : { payloadLimit }),
      ...(receiveWindow === undefined ? {} : { receiveWindow }),
    }
  }

  #output(): UtpEndpointOutput {
    const output = { send: this.#send, events: this.#events }
    if (this.#send.length > 0) this.#send = []
    if (this.#events.length > 0) this.#events = []
    return output
  }

  #step(entry: Entry, input: UtpInput): void {
    const { connection, remote, filter } = entry
    const { send, events, wakeAt } = connection.step(input)
    for (const bytes of filter === undefined ? send : send.flatMap((datagram) => filter(datagram)))
      this.#send.push({ to: remote, bytes })
    if (!entry.isAnnounced && connection.isProven) {
      entry.isAnnounced = true
      this.#pending.delete(entry)
      this.#events.push({ type: 'accepted', connection, from: remote })
    }
    // a connection whose peer never proved its address is not reported
    if (entry.isAnnounced)
      for (const event of events) this.#events.push({ type: 'connection', connection, event })
    entry.wakeAt = wakeAt
    if (connection.isDone) return this.#remove(entry)
    this.#hold(entry, connection.needsFlush)
    if (wakeAt !== undefined) this.#noteWake(wakeAt)
  }

  /** Called for every packet, and a set allocates whenever it becomes empty. */
  #hold(entry: Entry, isHeld: boolean): void {
    if (entry.isHeld === isHeld) return
    entry.isHeld = isHeld
    if (isHeld) this.#held.add(entry)
    else this.#held.delete(entry)
  }

  #noteWake(wakeAt: number): void {
    if (this.#wakeAt === undefined || wakeAt < this.#wakeAt) this.#wakeAt = wakeAt
  }

  /** Routes a packet to its connection. Returns the reason when it has none. */
  #route(at: number, from: UtpAddress, packet: UtpPacket): string | undefined {
    const { connectionId, type } = packet
    if (type === 'syn') {
      this.#routeSyn(at, from, packet)
      return undefined
    }
    const entry =
      this.#find(connectionId, from) ?? (type === 'reset' ? this.#findReset(packet, from) : undefined)
    if (entry !== undefined) {
      this.#addToRun(at, entry, packet)
      return undefined
    }
    if (type !== 'reset' && this.#resets.allows(at, from.address)) this.#sendReset(from, packet)
    return type === 'reset' || this.#accepts ? undefined : 'the connection id does not match any connection'
  }

  #addToRun(at: number, entry: Entry, packet: UtpPacket): void {
    if (this.#receiver !== entry) {
      this.#endRun(at)
      this.#receiver = entry
    }
    this.#run.push(packet)
  }

  /** Passes the packets of the run to their connection. */
  #endRun(at: number): void {
    const entry = this.#receiver
    if (entry === undefined) return
    const packets = this.#run
    this.#receiver = undefined
    this.#run = []
    this.#step(entry, { type: 'packets', at, packets })
  }

  /** A RESET may carry either id of the pair. */
  #findReset({ connectionId }: UtpPacket, from: UtpAddress): Entry | undefined {
    for (const neighbour of [addSequence(connectionId, -1), addSequence(connectionId, 1)]) {
      const entry = this.#find(neighbour, from)
      if (entry?.connection.sendId === connectionId) return entry
    }
    return undefined
  }

  #routeSyn(at: number, from: UtpAddress, packet: UtpPacket): void {
    const known = this.#find(addSequence(packet.connectionId, 1), from)
    if (known !== undefined) return this.#addToRun(at, known, packet)
    // which may prove or end a connection, and so make room
    this.#endRun(at)
    if (!this.#accepts || this.size >= this.#maxConnections) return
    if (this.#pending.size >= this.#maxPending) this.#dropOldestPending()
    const connection = new UtpConnection({
      ...this.#connectionOptions(),
      connectionId: packet.connectionId,
      syn: packet,
    })
    const entry: Entry = {
      connection,
      remote: from,
      filter: this.#options.misbehave?.(),
      wakeAt: undefined,
      isAnnounced: false,
      isHeld: false,
    }
    this.#add(entry)
    this.#pending.add(entry)
    this.#addToRun(at, entry, packet)
  }

  #dropOldestPending(): void {
    for (const oldest of this.#pending) return this.#remove(oldest)
  }

  #sendReset(to: UtpAddress, { connectionId, sequenceNumber }: UtpPacket): void {
    const bytes = encodeUtpPacket({
      type: 'reset',
      connectionId,
      timestamp: 0,
      timestampDifference: 0,
      windowSize: 0,
      sequenceNumber: this.#options.randomUint16(),
      acknowledged: sequenceNumber,
      selectiveAck: undefined,
      closeReason: undefined,
      payload: new Uint8Array(),
    })
    this.#send.push({ to, bytes })
  }

  #find(receiveId: number, { address, port }: UtpAddress): Entry | undefined {
    const entries = this.#entries.get(keyOf(receiveId, port))
    return entries?.find(({ remote }) => remote.address === address)
  }

  /** Whether one of the two ids of the pair that starts with `connectionId` is in use with `to`. */
  #isTaken(connectionId: number, to: UtpAddress): boolean {
    return [-1, 0, 1].some((by) => this.#find(addSequence(connectionId, by), to) !== undefined)
  }

  #add(entry: Entry): void {
    const key = keyOf(entry.connection.receiveId, entry.remote.port)
    const entries = this.#entries.get(key)
    if (entries === undefined) this.#entries.set(key, [entry])
    else entries.push(entry)
    this.#byConnection.set(entry.connection, entry)
  }

  #remove(entry: Entry): void {
    this.#byConnection.delete(entry.connection)
    this.#pending.delete(entry)
    this.#hold(entry, false)
    const key = keyOf(entry.connection.receiveId, entry.remote.port)
    const rest = this.#entries.get(key)?.filter((other) => other !== entry) ?? []
    if (rest.length === 0) this.#entries.delete(key)
    else this.#entries.set(key, rest)
  }
}

function keyOf(receiveId: number, port: number): number {
  return receiveId * 0x10000 + port
}
