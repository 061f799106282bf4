import { fromHex, toHex } from '../../base/bytes.ts'
import { MAX_SERVED_ITEMS } from '../../base/limits.ts'
import type { ServedView } from '../../diagnose/conversation.ts'
import type { TraceEvent } from '../../trace/event.ts'
import { Bitfield } from '../../wire/bitfield.ts'
import { badInput } from './bad-input.ts'

type Of<Type extends TraceEvent['type']> = Extract<TraceEvent, { readonly type: Type }>

/** What a seeder served, as its trace says before the first connection. */
export class ServedTorrent {
  readonly strict: boolean
  readonly #queueLength: number
  readonly #have: Uint8Array | undefined
  #pieces: Bitfield | undefined
  /** The first piece of each run, and the length of its pieces. */
  readonly #runs: { readonly first: number; readonly length: number }[] = []
  readonly #trees = new Map<string, number>()
  #pieceCount = 0

  constructor({ strict, queueLength, have }: Of<'serving'>) {
    this.strict = strict
    this.#queueLength = queueLength
    this.#have = have === null ? undefined : fromHex(have)
  }

  /** What the rules need, once all of it was added. */
  get view(): ServedView {
    return {
      pieceCount: this.#pieceCount,
      queueLength: this.#queueLength,
      lengthOf: (piece) => this.#lengthOf(piece),
      has: (piece) => this.#has(piece),
      treeHeightOf: (piecesRoot) => this.#trees.get(toHex(piecesRoot)),
    }
  }

  /** @throws PeerError E_BAD_CAPTURE for more than any torrent has */
  add(event: Of<'served-pieces'> | Of<'served-trees'>): void {
    if (event.type === 'served-pieces')
      for (const { count, length } of event.pieces) {
        this.#runs.push({ first: this.#pieceCount, length })
        this.#pieceCount += count
      }
    else for (const { piecesRoot, height } of event.trees) this.#trees.set(piecesRoot, height)
    if (this.#runs.length > MAX_SERVED_ITEMS || this.#trees.size > MAX_SERVED_ITEMS)
      throw badInput(`a torrent of more than ${MAX_SERVED_ITEMS} files`, 0)
  }

  #lengthOf(piece: number): number {
    let low = 0
    let high = this.#runs.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((this.#runs[middle]?.first ?? 0) <= piece) low = middle
      else high = middle
    }
    return this.#runs[low]?.length ?? 0
  }

  #has(piece: number): boolean {
    if (this.#have === undefined) return true
    this.#pieces ??= this.#announced(this.#have)
    return this.#pieces.has(piece)
  }

  #announced(have: Uint8Array): Bitfield {
    const length = Math.ceil(this.#pieceCount / 8)
    if (have.length !== length)
      throw badInput(`serving: have has ${have.length} bytes, expected ${length}`, 0)
    return Bitfield.fromBytes(have, this.#pieceCount)
  }
}
