import { UTP_RECEIVE_MEMORY, UTP_RECEIVE_WINDOW, UTP_WINDOW_PACKETS } from '../../base/limits.ts'
import { MAX_SELECTIVE_ACK_LENGTH } from '../../wire/utp/selective-ack.ts'
import { addSequence, sequenceDistance } from '../../wire/utp/sequence.ts'

/** What became of a packet. `refused`: there is no room, or it is past the end of the stream; it is not acknowledged. */
export type ReceiveVerdict = 'in-order' | 'out-of-order' | 'duplicate' | 'refused'

const WORDS = UTP_WINDOW_PACKETS / 32
const INDEX_MASK = UTP_WINDOW_PACKETS - 1

/** The total memory of the receive windows of all connections of one socket, in bytes. */
export class UtpReceiveMemory {
  readonly #limit: number
  #taken = 0

  constructor(limit = UTP_RECEIVE_MEMORY) {
    this.#limit = limit
  }

  get room(): number {
    return this.#limit - this.#taken
  }

  /** @param bytes negative to release memory */
  take(bytes: number): void {
    this.#taken += bytes
  }
}

/**
 * Puts the packets of one direction in order. Keeps at most `UTP_WINDOW_PACKETS` packets and `limit` bytes, either because
 * an earlier packet is missing or because the reader is paused.
 */
export class UtpReceiveWindow {
  readonly #limit: number
  readonly #memory: UtpReceiveMemory
  readonly #early: (Uint8Array | undefined)[] = Array.from({ length: UTP_WINDOW_PACKETS })
  /** One bit for each filled slot of `#early`, so that a selective ack is a copy of 32 words instead of a search. */
  readonly #present = new Uint32Array(WORDS)
  #earlyCount = 0
  #acknowledged: number
  /** The highest number kept out of order; only valid while there is one. */
  #furthest = 0
  #end: number | undefined
  #ready: Uint8Array[] = []
  #bufferedBytes = 0
  #paused = false

  /** @param acknowledged the number before the first packet that is expected */
  constructor(acknowledged: number, limit = UTP_RECEIVE_WINDOW, memory = new UtpReceiveMemory()) {
    this.#acknowledged = acknowledged
    this.#limit = limit
    this.#memory = memory
  }

  /** The last number received in order. */
  get acknowledged(): number {
    return this.#acknowledged
  }

  /** Free bytes: the window to advertise. */
  get room(): number {
    return Math.max(0, this.#limit - this.#bufferedBytes)
  }

  get limit(): number {
    return this.#limit
  }

  get hasGap(): boolean {
    return this.#earlyCount > 0
  }

  /** Whether everything up to the peer's FIN has arrived. */
  get ended(): boolean {
    return this.#end !== undefined && this.#acknowledged === this.#end
  }

  /** Whether everything in order has been taken. */
  get isDrained(): boolean {
    return this.#ready.length === 0
  }

  /** Pauses or resumes the reader. */
  setPaused(paused: boolean): void {
    this.#paused = paused
  }

  /** Handles one DATA packet, or a FIN, which has the last number. */
  receive(number: number, payload: Uint8Array, isEnd: boolean): ReceiveVerdict {
    const ahead = sequenceDistance(this.#acknowledged, number)
    if (ahead === 0 || ahead >= 0x8000) return 'duplicate'
    if (ahead > UTP_WINDOW_PACKETS) return 'refused'
    if (this.#end !== undefined && sequenceDistance(this.#acknowledged, this.#end) < ahead) return 'refused'
    if (ahead > 1 && this.#has(number)) return 'duplicate'
    // a packet that can be delivered at once needs no room
    if ((ahead > 1 || this.#paused) && payload.length > Math.min(this.room, this.#memory.room))
      return 'refused'
    if (isEnd && this.#end === undefined) this.#setEnd(number)
    if (ahead > 1) {
      this.#keep(number, payload)
      return 'out-of-order'
    }
    this.#advance(payload)
    while (this.#earlyCount > 0 && this.#has(addSequence(this.#acknowledged, 1))) this.#advanceFromKept()
    return 'in-order'
  }

  /** Takes the payloads that are in order, unless the reader is paused. */
  takeReady(): readonly Uint8Array[] {
    if (this.#paused || this.#ready.length === 0) return NOTHING
    const ready = this.#ready
    this.#ready = []
    for (const bytes of ready) this.#buffer(-bytes.length)
    return ready
  }

  /** The mask of packets kept out of order, see `encodeSelectiveAck`; undefined when nothing is missing. */
  selectiveAck(): Uint8Array | undefined {
    if (this.#earlyCount === 0) return undefined
    const first = addSequence(this.#acknowledged, 2)
    const words = (sequenceDistance(first, this.#furthest) >> 5) + 1
    const mask = new Uint8Array(Math.min(4 * words, MAX_SELECTIVE_ACK_LENGTH))
    for (let at = 0; at < mask.length; at += 4) {
      const word = this.#presentFrom(addSequence(first, at * 8))
      mask[at] = word
      mask[at + 1] = word >>> 8
      mask[at + 2] = word >>> 16
      mask[at + 3] = word >>> 24
    }
    return mask
  }

  clear(): void {
    this.#early.fill(undefined)
    this.#present.fill(0)
    this.#earlyCount = 0
    this.#ready = []
    this.#buffer(-this.#bufferedBytes)
  }

  #buffer(bytes: number): void {
    this.#bufferedBytes += bytes
    this.#memory.take(bytes)
  }

  #has(number: number): boolean {
    const index = number & INDEX_MASK
    return (((this.#present[index >> 5] as number) >>> (index & 31)) & 1) === 1
  }

  /** The 32 presence bits from `number` on, least significant first. */
  #presentFrom(number: number): number {
    const index = number & INDEX_MASK
    const shift = index & 31
    const low = (this.#present[index >> 5] as number) >>> shift
    if (shift === 0) return low
    return low | ((this.#present[((index >> 5) + 1) % WORDS] as number) << (32 - shift))
  }

  #keep(number: number, payload: Uint8Array): void {
    const index = number & INDEX_MASK
    this.#early[index] = payload
    this.#present[index >> 5] = (this.#present[index >> 5] as number) | (1 << (index & 31))
    if (
      this.#earlyCount === 0 ||
      sequenceDistance(this.#acknowledged, number) > sequenceDistance(this.#acknowledged, this.#furthest)
    ) {
      this.#furthest = number
    }
    this.#earlyCount++
    this.#buffer(payload.length)
  }

  #drop(number: number): Uint8Array {
    const index = number & INDEX_MASK
    const payload = this.#early[index] as Uint8Array
    this.#early[index] = undefined
    this.#present[index >> 5] = (this.#present[index >> 5] as number) & ~(1 << (index & 31))
    this.#earlyCount--
    this.#buffer(-payload.length)
    return payload
  }

  #advance(payload: Uint8Array): void {
    this.#acknowledged = addSequence(this.#acknowledged, 1)
    if (payload.length === 0) return
    this.#ready.push(payload)
    this.#buffer(payload.length)
  }

  #advanceFromKept(): void {
    this.#advance(this.#drop(addSequence(this.#acknowledged, 1)))
  }

  /** The FIN marks the end of the stream: packets kept past it are dropped. */
  #setEnd(end: number): void {
    this.#end = end
    if (this.#earlyCount === 0) return
    const past = sequenceDistance(end, this.#furthest)
    if (past === 0 || past >= 0x8000) return
    for (let step = 1; step <= past; step++) {
      const number = addSequence(end, step)
      if (this.#has(number)) this.#drop(number)
    }
    // a bound that is too high only adds zero bytes to the end of a mask
    this.#furthest = end
  }
}

const NOTHING: readonly Uint8Array[] = []
