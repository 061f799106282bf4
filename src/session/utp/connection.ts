import { UTP_RECEIVE_WINDOW } from '../../base/limits.ts'
import { utpCloseReasonName } from '../../wire/utp/close-reason.ts'
import type { UtpPacket } from '../../wire/utp/packet.ts'
import { addSequence } from '../../wire/utp/sequence.ts'
import type { UtpEvent, UtpFailure, UtpInput, UtpOutput, UtpStats } from './events.ts'
import { UtpOutbox } from './outbox.ts'
import { UtpReader } from './reader.ts'
import type { UtpReceiveMemory } from './receive-window.ts'
import { UtpSender } from './sender.ts'

/** Numbers and limits of one uTP connection. */
export interface UtpConnectionOptions {
  /** The connection id of the SYN: random for an initiator, taken from the SYN for an acceptor. */
  readonly connectionId: number
  /** Number of our first packet. It must be random, because an acknowledgement of it proves that the peer receives our packets. */
  readonly sequenceNumber: number
  /** The SYN to answer; omit it to be the initiator. */
  readonly syn?: UtpPacket
  /** Payload of a full packet in bytes. Default 1200: fits every IPv6 path without fragmentation. */
  readonly payloadLimit?: number
  /** Bytes to buffer for a slow reader or after a missing packet. Default 1 MiB. */
  readonly receiveWindow?: number
  /** Receive memory shared by the connections of one socket. Default: its own. */
  readonly receiveMemory?: UtpReceiveMemory
}

const DEFAULT_PAYLOAD = 1200
/** When each SYN is sent, in ms after the first. */
const SYN_TIMES_MS = [0, 1000, 3000, 7000] as const
const SYN_GIVE_UP_MS = 15_000
/** How long an acceptor waits for the initiator's first packet after its SYN, in ms. */
const ACCEPT_TIMEOUT_MS = 10_000
const KEEP_ALIVE_MS = 29_000
/** How long a finished connection answers a repeated FIN, and how long we wait for the peer's FIN after ours, in ms. */
const LINGER_MS = 3000
/** Bytes in the write queue above which the writer should wait. */
const WRITE_HIGH_WATER = 256 * 1024
const WRITE_LOW_WATER = 64 * 1024
/** libtorrent's value for "no delay measured". */
const NO_DELAY = 0x7fffffff

type Phase = 'new' | 'syn-sent' | 'syn-received' | 'open' | 'lingering' | 'done'

/**
 * One uTP connection as a pure state machine: no socket, no timer, no clock, no randomness. Drive it with `step`. The
 * owner must deliver only packets from its peer that carry `receiveId` (or a RESET with the other id of the pair).
 *
 * Where BEP 29 and the deployed implementations differ, it follows the implementations: the acceptor's answer to a SYN
 * uses no sequence number, so its first data packet carries the same number.
 * @see https://www.bittorrent.org/beps/bep_0029.html
 */
export class UtpConnection {
  /** The connection id in packets to us. */
  readonly receiveId: number
  /** The connection id in packets from us, except that the SYN carries `receiveId`. */
  readonly sendId: number
  readonly #role: 'initiator' | 'acceptor'
  readonly #first: number
  readonly #outbox: UtpOutbox
  readonly #sender: UtpSender
  readonly #receiveLimit: number
  readonly #receiveMemory: UtpReceiveMemory | undefined
  #reader: UtpReader
  #phase: Phase = 'new'
  #startedAt = 0
  #synCount = 0
  #deadline: number | undefined
  #partialAt: number | undefined
  #wasLong = false
  #endReported = false
  #closeReason: number | undefined
  #events: UtpEvent[] = []
  /** Whether packets of the open connection wait to be delivered and answered. */
  #hasArrivals = false
  #packetsReceived = 0
  #packetsIgnored = 0

  constructor(options: UtpConnectionOptions) {
    const { connectionId, sequenceNumber, syn, payloadLimit = DEFAULT_PAYLOAD } = options
    this.#role = syn === undefined ? 'initiator' : 'acceptor'
    const other = addSequence(connectionId, 1)
    this.receiveId = syn === undefined ? connectionId : other
    this.sendId = syn === undefined ? other : connectionId
    this.#first = sequenceNumber
    this.#outbox = new UtpOutbox(this.receiveId, this.sendId)
    this.#receiveLimit = options.receiveWindow ?? UTP_RECEIVE_WINDOW
    this.#receiveMemory = options.receiveMemory
    this.#reader = new UtpReader(syn?.sequenceNumber ?? 0, this.#receiveLimit, this.#receiveMemory)
    // a SYN uses a sequence number, its answer does not
    this.#sender = new UtpSender(addSequence(sequenceNumber, syn === undefined ? 1 : 0), payloadLimit)
  }

  /** Whether the peer has proved that it receives our packets. */
  get isProven(): boolean {
    return this.#phase === 'open' || this.#phase === 'lingering'
  }

  /** Whether the connection is over and can be dropped. */
  get isDone(): boolean {
    return this.#phase === 'done'
  }

  /** Whether a `flush` would send something. */
  get needsFlush(): boolean {
    return this.#reader.acknowledgeAt !== undefined || this.#partialAt !== undefined
  }

  /** Bytes written and not yet sent. */
  get queuedBytes(): number {
    return this.#sender.queuedBytes
  }

  /** Whether the write queue has room for more. */
  get isWritable(): boolean {
    return this.queuedBytes <= WRITE_HIGH_WATER
  }

  /** Payload bytes sent, including resent ones. */
  get bytesSent(): number {
    return this.#outbox.bytesSent
  }

  /** Payload bytes delivered, in order. */
  get bytesReceived(): number {
    return this.#reader.bytesReceived
  }

  get stats(): UtpStats {
    const closeReason =
      this.#closeReason === undefined
        ? undefined
        : { code: this.#closeReason, name: utpCloseReasonName(this.#closeReason) }
    const { packetsSent, bytesSent } = this.#outbox
    return {
      ...this.#sender.stats,
      ...this.#reader.stats,
      packetsSent,
      packetsReceived: this.#packetsReceived,
      packetsIgnored: this.#packetsIgnored,
      bytesSent,
      closeReason,
    }
  }

  step(input: UtpInput): UtpOutput {
    if (this.#phase !== 'done') this.#take(input)
    const events = this.#events
    if (events.length > 0) this.#events = []
    return { send: this.#outbox.take(), events, wakeAt: this.#wakeAt() }
  }

  #take(input: UtpInput): void {
    const { at } = input
    switch (input.type) {
      case 'connect':
        return this.#connect(at)
      case 'packets':
        return this.#receiveAll(at, input.packets)
      case 'write':
        this.#sender.write(input.bytes)
        return this.#pump(at, false)
      case 'pause':
        return this.#reader.setPaused(true)
      case 'resume':
        return this.#resume(at)
      case 'flush':
        return this.#flush(at, true)
      case 'tick':
        return this.#tick(at)
      case 'skip':
        return this.#outbox.skip(input.skippedMs)
      case 'close':
        return this.#close(at)
      case 'abort':
        if (this.isProven) this.#outbox.addBare(at, 'reset', this.#sender.next, this.#reader)
        return this.#finish()
      case 'unreachable':
        return this.#fail('refused', 'the network reports that the port is closed (ECONNREFUSED)')
    }
  }

  #wakeAt(): number | undefined {
    if (this.#phase === 'done') return undefined
    const times = [this.#deadline, this.#reader.acknowledgeAt, this.#partialAt]
    if (this.#phase === 'open') times.push(this.#sender.wakeAt, this.#outbox.sentAt + KEEP_ALIVE_MS)
    let earliest: number | undefined
    for (const time of times) {
      if (time !== undefined && (earliest === undefined || time < earliest)) earliest = time
    }
    return earliest
  }

  // --- set-up

  #connect(at: number): void {
    if (this.#phase !== 'new' || this.#role === 'acceptor') return
    this.#phase = 'syn-sent'
    this.#startedAt = at
    this.#sendSyn(at)
  }

  #sendSyn(at: number): void {
    this.#synCount++
    this.#deadline = this.#startedAt + (SYN_TIMES_MS[this.#synCount] ?? SYN_GIVE_UP_MS)
    this.#outbox.addBare(at, 'syn', this.#first, this.#reader)
  }

  #sendSynAnswer(at: number): void {
    this.#outbox.addBare(at, 'state', this.#first, this.#reader)
  }

  /** For an acceptor: one small answer per SYN, and nothing else until the peer has proved its address. */
  #receiveUnproven(at: number, packet: UtpPacket): void {
    if (packet.type === 'syn') {
      if (this.#phase === 'new') {
        this.#phase = 'syn-received'
        this.#deadline = at + ACCEPT_TIMEOUT_MS
      }
      return this.#sendSynAnswer(at)
    }
    if (packet.acknowledged !== addSequence(this.#first, -1)) return
    this.#open(packet.windowSize)
    this.#receiveOpen(at, packet)
  }

  #receiveSynAnswer(at: number, packet: UtpPacket): void {
    if (packet.type !== 'state' || packet.acknowledged !== this.#first) return
    const { isPaused } = this.#reader
    this.#reader = new UtpReader(
      addSequence(packet.sequenceNumber, -1),
      this.#receiveLimit,
      this.#receiveMemory,
    )
    this.#reader.setPaused(isPaused)
    if (this.#synCount === 1) this.#sender.sampleRoundTrip(at - this.#startedAt)
    this.#open(packet.windowSize)
    this.#pump(at, true)
  }

  #open(peerWindow: number): void {
    this.#phase = 'open'
    this.#deadline = undefined
    this.#sender.setPeerWindow(peerWindow)
    this.#events.push({ type: 'connected' })
  }

  // --- receiving

  #receiveAll(at: number, packets: readonly UtpPacket[]): void {
    for (const packet of packets) {
      if (this.#phase === 'done') return
      this.#receive(at, packet)
    }
    this.#digest(at)
  }

  #receive(at: number, packet: UtpPacket): void {
    this.#packetsReceived++
    if (packet.type === 'reset') return this.#receiveReset(at)
    this.#outbox.noteArrival(at, packet.timestamp)
    if (this.#role === 'acceptor' && !this.isProven) return this.#receiveUnproven(at, packet)
    if (this.#phase === 'syn-sent') return this.#receiveSynAnswer(at, packet)
    if (packet.type === 'syn') {
      // our answer was lost: repeat it, whatever was sent since
      const isRepeat = this.#role === 'acceptor' && packet.connectionId === this.sendId
      return isRepeat ? this.#sendSynAnswer(at) : undefined
    }
    if (this.isProven) this.#receiveOpen(at, packet)
  }

  #receiveReset(at: number): void {
    // what came before it may have ended the stream
    this.#digest(at)
    // after our FIN the peer may have forgotten us: that is a normal end
    if (this.#sender.isDone && this.#reader.hasEnded) return this.#finish()
    this.#events.push({ type: 'reset' })
    this.#finish()
  }

  #receiveOpen(at: number, packet: UtpPacket): void {
    if (!this.#sender.isPlausible(packet.acknowledged)) {
      this.#packetsIgnored++
      return
    }
    this.#noteCloseReason(packet)
    const { timestampDifference } = packet
    this.#sender.acknowledge(at, {
      acknowledged: packet.acknowledged,
      selectiveAck: packet.selectiveAck,
      windowSize: packet.windowSize,
      delay: timestampDifference === 0 || timestampDifference === NO_DELAY ? undefined : timestampDifference,
      isPure: packet.type === 'state',
    })
    if (packet.type !== 'state') this.#reader.receive(at, packet)
    this.#hasArrivals = true
  }

  /** Delivers and answers what has arrived, once for many packets. */
  #digest(at: number): void {
    if (!this.#hasArrivals) return
    this.#hasArrivals = false
    this.#deliver()
    if (this.#reader.isUrgent) this.#acknowledge(at)
    this.#pump(at, false)
    this.#settle(at)
  }

  #deliver(): void {
    const chunks = this.#reader.takeReady()
    if (chunks.length > 0) this.#events.push({ type: 'bytes', chunks })
  }

  #noteCloseReason({ closeReason }: UtpPacket): void {
    if (closeReason === undefined || closeReason === 0 || this.#closeReason !== undefined) return
    this.#closeReason = closeReason
    this.#events.push({ type: 'close-reason', code: closeReason, name: utpCloseReasonName(closeReason) })
  }

  #resume(at: number): void {
    this.#reader.setPaused(false)
    this.#deliver()
    if (!this.isProven) return
    // a peer that we offered a small window waits for this
    if (this.#reader.isWorthTelling(this.#outbox.advertised)) this.#acknowledge(at)
    this.#settle(at)
  }

  // --- sending

  #pump(at: number, withPartial: boolean): void {
    if (this.#phase !== 'open') return
    const packets = this.#sender.pump(at, withPartial)
    for (const packet of packets) this.#outbox.addNumbered(at, packet, this.#reader)
    // every packet acknowledges; only a gap needs a packet of its own, for its mask
    if (packets.length > 0 && !this.#reader.hasGap) this.#reader.noteAcknowledged()
    this.#partialAt = this.#sender.hasPartial ? at : undefined
    const { queuedBytes } = this.#sender
    if (queuedBytes > WRITE_HIGH_WATER) this.#wasLong = true
    else if (this.#wasLong && queuedBytes < WRITE_LOW_WATER) {
      this.#wasLong = false
      this.#events.push({ type: 'writable' })
    }
  }

  #acknowledge(at: number): void {
    this.#outbox.addState(at, this.#sender.next, this.#reader)
    this.#reader.noteAcknowledged()
  }

  // --- time and the end

  #flush(at: number, now: boolean): void {
    if (this.#partialAt !== undefined) this.#pump(at, true)
    if (this.#reader.acknowledgeAt !== undefined && (now || at >= this.#reader.acknowledgeAt))
      this.#acknowledge(at)
  }

  #tick(at: number): void {
    if (this.#deadline !== undefined && at >= this.#deadline) return this.#onDeadline(at)
    if (this.#phase !== 'open') return this.#flush(at, false)
    if (!this.#sender.tick(at)) return this.#giveUp()
    this.#pump(at, true)
    this.#flush(at, false)
    if (at - this.#outbox.sentAt < KEEP_ALIVE_MS) return
    // an old acknowledgement: it keeps a NAT entry alive and has no other effect
    const { acknowledged, room } = this.#reader
    const old = { acknowledged: addSequence(acknowledged, -1), room, selectiveAck: () => undefined }
    this.#outbox.addBare(at, 'state', this.#sender.next, old)
  }

  #onDeadline(at: number): void {
    if (this.#phase === 'syn-sent') {
      if (this.#synCount < SYN_TIMES_MS.length) return this.#sendSyn(at)
      return this.#fail('connect-timeout', `no answer to ${this.#synCount} SYNs in ${SYN_GIVE_UP_MS} ms`)
    }
    if (this.#phase === 'open') this.#events.push({ type: 'closed' })
    this.#finish()
  }

  #close(at: number): void {
    this.#sender.end()
    if (this.#phase === 'open') {
      this.#pump(at, true)
      return this.#settle(at)
    }
    // what was written before the connection was established is sent first
    if (this.#phase === 'lingering' || this.#sender.queuedBytes > 0) return
    this.#events.push({ type: 'closed' })
    this.#finish()
  }

  /** Checks both directions for their end. The peer's FIN ends ours too, because uTP is not used half-closed. */
  #settle(at: number): void {
    if (this.#phase !== 'open') return
    const hasEnded = this.#reader.hasEnded
    if (hasEnded && !this.#endReported) {
      this.#endReported = true
      this.#events.push({ type: 'end' })
      this.#sender.end()
      this.#pump(at, true)
    }
    if (!this.#sender.isDone) return
    this.#deadline ??= at + LINGER_MS
    if (!hasEnded) return
    this.#phase = 'lingering'
    this.#events.push({ type: 'closed' })
  }

  #giveUp(): void {
    // everything was transferred and only the last acknowledgement is missing: not a failure
    if (this.#endReported) {
      this.#events.push({ type: 'closed' })
      return this.#finish()
    }
    this.#fail('timeout', this.#sender.giveUpDetail)
  }

  #fail(failure: UtpFailure, detail: string): void {
    this.#events.push({ type: 'failed', failure, detail })
    this.#finish()
  }

  #finish(): void {
    this.#phase = 'done'
    this.#sender.clear()
    this.#reader.clear()
    this.#partialAt = undefined
  }
}
