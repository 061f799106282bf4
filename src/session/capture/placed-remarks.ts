/** Most remarks of one side that wait for their packets; further ones go to the next packet. */
const MAX_WAITING = 64

interface PlacedRemark {
  readonly offset: number
  readonly text: string
}

/** Remarks on bytes of one direction of a connection, until the packets with these bytes are written. */
export class PlacedRemarks {
  readonly #remark: (text: string) => void
  #waiting: readonly PlacedRemark[] = []
  /** Bytes in packets that are written. */
  #written = 0

  /** @param remark adds a comment to the next packet */
  constructor(remark: (text: string) => void) {
    this.#remark = remark
  }

  add(offset: number, text: string): void {
    if (offset < this.#written || this.#waiting.length === MAX_WAITING) this.#remark(text)
    else this.#waiting = [...this.#waiting, { offset, text }]
  }

  /** Whether a remark is on one of the next bytes. @param length how many */
  isDue(length: number): boolean {
    return this.#waiting.some(({ offset }) => offset < this.#written + length)
  }

  /** A packet with the next bytes follows. */
  pass(length: number): void {
    this.#written += length
    if (this.#waiting.length === 0) return
    const due = this.#waiting.filter(({ offset }) => offset < this.#written)
    if (due.length === 0) return
    this.#waiting = this.#waiting.filter(({ offset }) => offset >= this.#written)
    for (const { text } of due) this.#remark(text)
  }

  /** The bytes that remarks wait for do not come. */
  giveUp(): void {
    for (const { text } of this.#waiting) this.#remark(text)
    this.#waiting = []
  }
}
