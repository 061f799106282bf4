import type { UtpPacket } from '../../wire/utp/packet.ts'
import { type UtpReceiveMemory, UtpReceiveWindow } from './receive-window.ts'

/** Longest wait with an acknowledgement for a second packet when nobody says that the batch is over, in ms. */
const ACKNOWLEDGE_DELAY_MS = 20

/** The peer's direction of a uTP connection: orders its packets and says when they want an acknowledgement. Pure. */
export class UtpReader {
  readonly #window: UtpReceiveWindow
  readonly #limit: number
  #unacknowledged = 0
  #acknowledgeAt: number | undefined
  #bytesReceived = 0
  #isPaused = false
  readonly #counts = { duplicatesReceived: 0, outOfOrderReceived: 0, peerPacketPayload: 0 }

  /**
   * @param acknowledged the number before the first packet that is expected
   * @param limit bytes that are kept for a slow reader or behind a missing packet
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

  /** Whether the peer's FIN and all before it have arrived and been handed on. */
  get hasEnded(): boolean {
    return this.#window.ended && this.#window.isDrained
  }

  /** When an acknowledgement must have left, at the latest; undefined when none is owed. */
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

  /** Whether a peer that was last offered `advertised` bytes should hear that there is room again. */
  isWorthTelling(advertised: number): boolean {
    return advertised <= this.#limit / 2
  }

  /**
   * Takes in a DATA or FIN packet.
   * @returns whether it wants an acknowledgement at once: every second one, and all that are out of the ordinary
   */
  receive(at: number, { type, sequenceNumber, payload }: UtpPacket): boolean {
    const hadGap = this.#window.hasGap
    const verdict = this.#window.receive(sequenceNumber, payload, type === 'fin')
    if (verdict === 'duplicate') this.#counts.duplicatesReceived++
    if (verdict === 'out-of-order') this.#counts.outOfOrderReceived++
    this.#counts.peerPacketPayload = Math.max(this.#counts.peerPacketPayload, payload.length)
    this.#unacknowledged++
    this.#acknowledgeAt ??= at + ACKNOWLEDGE_DELAY_MS
    return verdict !== 'in-order' || hadGap || type === 'fin' || this.#unacknowledged >= 2
  }

  /** Takes the bytes that are in order, unless the reader is paused. */
  takeReady(): readonly Uint8Array[] {
    const ready = this.#window.takeReady()
    for (const bytes of ready) this.#bytesReceived += bytes.length
    return ready
  }

  /** An acknowledgement has left. */
  noteAcknowledged(): void {
    this.#unacknowledged = 0
    this.#acknowledgeAt = undefined
  }

  clear(): void {
    this.#window.clear()
    this.noteAcknowledged()
  }
}
