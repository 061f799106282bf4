/** Ids of messages, as the BEPs number them. */
export const ID = {
  choke: 0,
  unchoke: 1,
  have: 4,
  bitfield: 5,
  piece: 7,
  suggest: 13,
  haveAll: 14,
  haveNone: 15,
  reject: 16,
  allowedFast: 17,
  extended: 20,
  hashes: 22,
  hashReject: 23,
} as const

/** A message as its bytes cut it: nothing of it is judged. A keep-alive has no id. */
export interface RawFrame {
  readonly id: number | undefined
  readonly payload: Buffer
}

/** How a connection ended, as far as the socket tells. */
export type RawEnd = 'fin' | 'rst'

/** What came from a peer, byte for byte, and when. Cut into messages by hand: none of the codec under test is used. */
export class RawStream {
  /** Length of each chunk, as the socket gave them. */
  readonly chunks: number[] = []
  /** Since the stream was made, in milliseconds, of each chunk. */
  readonly times: number[] = []
  readonly #startedAt = performance.now()
  #bytes = Buffer.alloc(0)
  #cutAt = 68
  readonly #frames: RawFrame[] = []
  end: RawEnd | undefined

  push(chunk: Uint8Array): void {
    this.chunks.push(chunk.length)
    this.times.push(performance.now() - this.#startedAt)
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    while (this.#bytes.length >= this.#cutAt + 4) {
      const length = this.#bytes.readUInt32BE(this.#cutAt)
      const start = this.#cutAt + 4
      if (this.#bytes.length < start + length) return
      const payload = this.#bytes.subarray(start + 1, start + length)
      this.#frames.push({ id: length === 0 ? undefined : this.#bytes[start], payload })
      this.#cutAt = start + length
    }
  }

  get bytes(): Buffer {
    return this.#bytes
  }

  /** Behind the last whole message. */
  get rest(): Buffer {
    return this.#bytes.subarray(this.#cutAt)
  }

  get frames(): readonly RawFrame[] {
    return this.#frames
  }

  get ids(): readonly (number | undefined)[] {
    return this.#frames.map(({ id }) => id)
  }

  get infoHash(): string {
    return this.#bytes.toString('hex', 28, 48)
  }

  get reserved(): string {
    return this.#bytes.toString('hex', 20, 28)
  }

  get peerId(): Buffer {
    return this.#bytes.subarray(48, 68)
  }

  all(id: number | undefined): readonly Buffer[] {
    return this.#frames.filter((frame) => frame.id === id).map(({ payload }) => payload)
  }

  count(id: number | undefined): number {
    return this.all(id).length
  }

  /** Payloads behind the extension's id, which is 0 for the handshake. */
  extended(id: number): readonly Buffer[] {
    return this.all(ID.extended)
      .filter((payload) => payload[0] === id)
      .map((payload) => payload.subarray(1))
  }

  /** Index, begin and content of each block. */
  get blocks(): readonly { readonly piece: number; readonly begin: number; readonly block: Buffer }[] {
    return this.all(ID.piece).map((payload) => ({
      piece: payload.readUInt32BE(0),
      begin: payload.readUInt32BE(4),
      block: payload.subarray(8),
    }))
  }
}
