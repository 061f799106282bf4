const MEGABYTE = 1024 * 1024

/** How often memory is looked at, in bytes fed. */
const SAMPLE_LENGTH = MEGABYTE

/**
 * Watches how much memory the process takes while bytes go through it. Growth is what it takes at most beyond what it
 * took at most while the first part went through: the garbage that V8 lets lie settles in that time, a leak does not.
 */
export class ResidentMemory {
  readonly #warmUpLength: number
  readonly #sampleLength: number
  #fed = 0
  #sampledAt = 0
  #before = process.memoryUsage.rss()
  #most = this.#before

  /** @param length bytes that will be fed; a quarter of them warms up */
  constructor(length: number) {
    this.#warmUpLength = length / 4
    this.#sampleLength = Math.min(SAMPLE_LENGTH, length / 16)
  }

  /** @param length bytes fed since the last call */
  fed(length: number): void {
    this.#fed += length
    if (this.#fed - this.#sampledAt < this.#sampleLength) return
    this.#sampledAt = this.#fed
    this.#most = Math.max(this.#most, process.memoryUsage.rss())
    if (this.#fed <= this.#warmUpLength) this.#before = this.#most
  }

  get fedMegabytes(): number {
    return this.#fed / MEGABYTE
  }

  get growthMegabytes(): number {
    return (this.#most - this.#before) / MEGABYTE
  }

  /** Resident memory of the whole process at its largest. */
  get mostMegabytes(): number {
    return this.#most / MEGABYTE
  }
}
