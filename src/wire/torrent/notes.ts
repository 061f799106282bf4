/** An irregularity of a torrent that can still be read. */
export type TorrentNoteId = keyof typeof TORRENT_NOTES

/** One kind of irregularity of a torrent or magnet link. It is about the input, never about the peer. */
export interface TorrentNote {
  readonly id: TorrentNoteId
  /** One sentence without a full stop; contains no text from the torrent. */
  readonly text: string
  /** How often it was found; at least 1. */
  readonly count: number
  /** Where it was found first, in bytes from the start of the .torrent or info dictionary; undefined in a magnet link. */
  readonly offset: number | undefined
}

/** The text of each note. */
export const TORRENT_NOTES = {
  'unsorted-keys':
    'the keys of a dictionary are not sorted; clients that sort those of the info dictionary (Transmission 3.00) compute another info hash',
  'duplicate-key': 'a dictionary has a key twice; the first value is used',
  'leading-zero': 'a number begins with a zero',
  'trailing-bytes': 'bytes follow the end of the torrent; they are ignored',
  'length-and-files': 'the torrent has both "length" and "files"; "files" is used',
  'unsafe-name':
    'a file name is empty, ".", "..", or contains "/" or a zero byte; it is changed when a file is written',
  'missing-name': 'the torrent or a file has no name',
  'name-not-utf-8': 'a name is not valid UTF-8',
  link: 'a file is a symbolic link; it is reported and not created',
  'surplus-layer': '"piece layers" has an entry that no file needs; it is ignored',
  'missing-layer': 'a file has no piece layer; it is requested from the peer when it is needed',
  'bad-layer':
    'a piece layer does not match its file; it is ignored and requested from the peer when it is needed',
  'empty-file-root': 'an empty file has a pieces root; it is ignored',
  'tree-without-version': 'the torrent has a file tree (v2) without "meta version" 2; it is read as v1',
  'unreadable-peer': 'a peer (x.pe) of the magnet link is invalid; it is ignored',
  'v2-hash-in-btih': 'the hash after urn:btih: has 64 digits; it is read as a v2 hash (urn:btmh:1220...)',
  'wrong-type': 'an optional key has a value of the wrong type; it is ignored',
} as const

/** Collects notes: one per kind, with its first offset and a count. */
export class NoteList {
  readonly #found = new Map<TorrentNoteId, { count: number; readonly offset: number | undefined }>()

  /** @param offset offset in the file; undefined in a magnet link */
  add(id: TorrentNoteId, offset: number | undefined, count = 1): void {
    const known = this.#found.get(id)
    if (known === undefined) this.#found.set(id, { count, offset })
    else known.count += count
  }

  /** In the order in which they were found. */
  toArray(): readonly TorrentNote[] {
    return Array.from(this.#found, ([id, { count, offset }]) => ({
      id,
      text: TORRENT_NOTES[id],
      count,
      offset,
    }))
  }
}
