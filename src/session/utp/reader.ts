import type { UtpPacket } from '../../wire/utp/packet.ts'
import { type UtpReceiveMemory, UtpReceiveWindow } from './receive-window.ts'

/** How long an acknowledgement waits for more packets if no `flush` ends the batch, in ms. */
const ACKNOWLEDGE_DELAY_MS = 20

/**
 * How many packets are acknowledged without waiting for the `flush`, so that the peer sends while we handle their bytes. Packets
 * that arrived together get one acknowledgement, however many they are. It costs as much as receiving a few of them.
 */
const PACKETS_PER_ACKNOWLEDGEMENT = 16

/** The receiving direction of a uTP connection: orders packets and decides when to acknowledge them. Pure. */
export class UtpReader {
  readonly #window: UtpReceiveWindow
  readonly #limit: number
  #unacknowledged = 0
  #isUrgent = false
  #acknowledgeAt: number | undefined
  #bytesReceived = 0
  #isPaused = false
  readonly #counts = { duplicatesReceived: 0, outOfOrderReceived: 0, peerPacketPayload: 0 }

  /**
   * @param acknowledged the number before the first expected packet
   * @param limit bytes to buffer for a slow reader or after a missing packet
   * @param memory shared with the other connections of the socket
   */
  constructor(acknowledged: number, limit: number, memory: UtpReceiveMemory | undefined) {
    this.#window = new UtpReceiveWindow(acknowledged, limit, memory)
    this.#limit = limit
  }

  get acknowledged(): number {
    return this.#window.acknowledged
  }

  get room(): number {
    return this.#window.room
  }

  get hasGap(): boolean {
    return this.#window.hasGap
  }

  /** Whether the peer's FIN and everything before it have been received and delivered. */
  get hasEnded(): boolean {
    return this.#window.ended && this.#window.isDrained
  }

  /** The latest time to send an acknowledgement; undefined when none is due. */
  get acknowledgeAt(): number | undefined {
    return this.#acknowledgeAt
  }

  get bytesReceived(): number {
    return this.#bytesReceived
  }

  get stats() {
    return { ...this.#counts, bytesReceived: this.#bytesReceived }
  }

  selectiveAck(): Uint8Array | undefined {
    return this.#window.selectiveAck()
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  setPaused(paused: boolean): void {
    this.#isPaused = paused
    this.#window.setPaused(paused)
  }

  /** Whether to report to a peer that was last offered `advertised` bytes that there is room again. */
  isWorthTelling(advertised: number): boolean {
    return advertised <= this.#limit / 2
  }

  /** Whether to acknowledge at once: many packets, or one that is not simply the next in order. */
  get isUrgent(): boolean {
    return this.#isUrgent || this.#unacknowledged >= PACKETS_PER_ACKNOWLEDGEMENT
  }

  /** Handles a DATA or FIN packet. */
  receive(at: number, { type, sequenceNumber, payload }: UtpPacket): void {
    const hadGap = this.#window.hasGap
    const verdict = this.#window.receive(sequenceNumber, payload, type === 'fin')
    if (verdict === 'duplicate') this.#counts.duplicatesReceived++
    if (verdict === 'out-of-order') this.#counts.outOfOrderReceived++
    this.#counts.peerPacketPayload = Math.max(this.#counts.peerPacketPayload, payload.length)
    this.#unacknowledged++
    this.#acknowledgeAt ??= at + ACKNOWLEDGE_DELAY_MS
    if (verdict !== 'in-order' || hadGap || type === 'fin') this.#isUrgent = true
  }

  /** Takes the bytes that are in order, unless the reader is paused. */
  takeReady(): readonly Uint8Array[] {
    const ready = this.#window.takeReady()
    for (const bytes of ready) this.#bytesReceived += bytes.length
    return ready
  }

  /** Records that an acknowledgement was sent. */
  noteAcknowledged(): void {
    this.#unacknowledged = 0
    this.#isUrgent = false
    this.#acknowledgeAt = undefined
  }

  clear(): void {
    this.#window.clear()
    this.noteAcknowledged()
  }
}
