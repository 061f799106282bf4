import type { UtpPacket } from '../../wire/utp/packet.ts'
import { type UtpReceiveMemory, UtpReceiveWindow } from './receive-window.ts'

/** How long an acknowledgement waits for more packets if no `flush` ends the batch, in ms. */
const ACKNOWLEDGE_DELAY_MS = 20

/**
 * Most packets of one batch for each acknowledgement. A batch is what a socket has received when it is read, so a slow peer gets
 * one for nearly every packet. Of a fast peer, a download took a quarter less CPU time than with one for every second packet.
 */
const PACKETS_PER_ACKNOWLEDGEMENT = 16

/** The receiving direction of a uTP connection: orders packets and decides when to acknowledge them. Pure. */
export class UtpReader {
  readonly #window: UtpReceiveWindow
  readonly #limit: number
  #unacknowledged = 0
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

  /**
   * Handles a DATA or FIN packet.
   * @returns whether to acknowledge at once: after `PACKETS_PER_ACKNOWLEDGEMENT`, and every packet that is not simply the next in order
   */
  receive(at: number, { type, sequenceNumber, payload }: UtpPacket): boolean {
    const hadGap = this.#window.hasGap
    const verdict = this.#window.receive(sequenceNumber, payload, type === 'fin')
    if (verdict === 'duplicate') this.#counts.duplicatesReceived++
    if (verdict === 'out-of-order') this.#counts.outOfOrderReceived++
    this.#counts.peerPacketPayload = Math.max(this.#counts.peerPacketPayload, payload.length)
    this.#unacknowledged++
    this.#acknowledgeAt ??= at + ACKNOWLEDGE_DELAY_MS
    return (
      verdict !== 'in-order' ||
      hadGap ||
      type === 'fin' ||
      this.#unacknowledged >= PACKETS_PER_ACKNOWLEDGEMENT
    )
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
    this.#acknowledgeAt = undefined
  }

  clear(): void {
    this.#window.clear()
    this.noteAcknowledged()
  }
}
