import { KEPT_BYTES_OVERHEAD } from '../../base/limits.ts'

/** Takes one direction of a connection in order. Times are those of the packet that brought an event about. */
export interface StreamSink {
  /** Borrowed until the call returns. */
  bytes(at: number, bytes: Uint8Array): void
  /** Bytes that are not in the capture; undefined when their number is unknown. */
  gap(at: number, length: number | undefined): void
  /** The sender closed; nothing follows. */
  fin(at: number): void
}

/** Memory that all streams of a capture share for packets that came early. */
export class EarlyMemory {
  readonly #limit: number
  #taken = 0

  /** @param limit in bytes */
  constructor(limit: number) {
    this.#limit = limit
  }

  get isFull(): boolean {
    return this.#taken > this.#limit
  }

  /** @param length of a packet that is kept, in bytes */
  keep(length: number): void {
    this.#taken += length + KEPT_BYTES_OVERHEAD
  }

  /** @param length of a packet that was kept */
  release(length: number): void {
    this.#taken -= length + KEPT_BYTES_OVERHEAD
  }
}

/**
 * Packets after a missing one that show that it will not come, where the receiver has acknowledged it: it was lost by the
 * capture. A capture of several queues of a network card is out of order by less.
 */
export const PACKETS_AFTER_LOSS = 3
