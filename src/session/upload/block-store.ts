import type { BlockRange } from '../../wire/message/message.ts'

/** Where the bytes of a torrent come from. */
export interface BlockStore {
  /**
   * Bytes of one piece, at once or later. They are not changed afterwards, and not by the caller either.
   * @param begin with `length` inside the piece; a read may span several blocks. Zeros stand for what lies
   *   in no file: pad files, and in v2 the rest of a file's last piece
   * @throws PeerError E_FILE_READ, or rejects with it
   */
  read(piece: number, begin: number, length: number): Uint8Array | Promise<Uint8Array>
  /** Several ranges, in order, as `read` gives each; for stores that gain by reading neighbours together. */
  readAll?(ranges: readonly BlockRange[]): Promise<readonly Uint8Array[]>
  /** Lets go of files; nothing is read afterwards. */
  close(): Promise<void>
}

/** The blocks of several requests, in order; at once when the store has them at once. */
export function readBlocks(
  store: BlockStore,
  ranges: readonly BlockRange[],
): readonly Uint8Array[] | Promise<readonly Uint8Array[]> {
  if (store.readAll !== undefined) return store.readAll(ranges)
  const blocks = ranges.map(({ piece, begin, length }) => store.read(piece, begin, length))
  if (blocks.every((block) => block instanceof Uint8Array)) return blocks
  return Promise.all(blocks.map((block) => Promise.resolve(block)))
}

/** Splits ranges where one does not begin where the one before it in the same piece ends. */
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
