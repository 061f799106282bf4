import type { BlockRange } from '../../wire/message/message.ts'

/** The source of the bytes of a torrent. */
export interface BlockStore {
  /**
   * Reads bytes of one piece, synchronously or not. Neither the store nor the caller modifies them afterwards.
   * @param begin offset in the piece; the range is inside the piece and may span several blocks. Bytes that are in
   *   no file are zeros: pad files, and in v2 the rest of a file's last piece
   * @throws PeerError E_FILE_READ, or rejects with it
   */
  read(piece: number, begin: number, length: number): Uint8Array | Promise<Uint8Array>
  /** Reads several ranges, in order. For stores that read adjacent ranges faster together, into memory that they reuse. */
  readAll?(ranges: readonly BlockRange[]): Promise<ReadBlocks>
  /** Closes the files. Nothing is read afterwards. */
  close(): Promise<void>
}

/** Blocks that were read together. */
export interface ReadBlocks {
  readonly blocks: readonly Uint8Array[]
  /**
   * Lets the store overwrite the blocks. Call it when nobody will read them any more, or not at all: without it, their
   * memory is collected like any other.
   */
  readonly release: () => void
}

/** Reads the blocks of several requests, in order; synchronously if the store does. */
export function readBlocks(
  store: BlockStore,
  ranges: readonly BlockRange[],
): ReadBlocks | Promise<ReadBlocks> {
  if (store.readAll !== undefined) return store.readAll(ranges)
  const blocks = ranges.map(({ piece, begin, length }) => store.read(piece, begin, length))
  if (blocks.every((block) => block instanceof Uint8Array)) return kept(blocks)
  return Promise.all(blocks.map((block) => Promise.resolve(block))).then(kept)
}

function kept(blocks: readonly Uint8Array[]): ReadBlocks {
  return { blocks, release: () => {} }
}

/** Groups ranges into runs in which each begins where the previous one ends, in the same piece. */
export function adjacentRuns(ranges: readonly BlockRange[]): readonly (readonly BlockRange[])[] {
  const runs: BlockRange[][] = []
  let last: BlockRange | undefined
  for (const range of ranges) {
    const run = runs.at(-1)
    const isNext = range.piece === last?.piece && range.begin === last.begin + last.length
    if (run !== undefined && isNext) run.push(range)
    else runs.push([range])
    last = range
  }
  return runs
}
