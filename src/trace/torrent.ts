import * as s from '../base/schema/schema.ts'

const torrentNote = s.named(
  'torrentNote',
  s.object({
    id: s.text,
    text: s.text,
    count: s.described(s.count, 'how often it was found'),
    offset: s.described(s.nullable(s.count), 'of the first one in the .torrent or info dictionary, in bytes'),
  }),
)
/** An irregularity in a torrent that could be read nevertheless. */
export interface TorrentNoteReport extends s.Infer<typeof torrentNote> {}

/** The schema of what traces and reports contain about a torrent. */
export const torrentMembers = {
  infoHashV1: s.nullable(s.hexOf(20)),
  infoHashV2: s.nullable(s.hexOf(32)),
  name: s.nullable(s.byteString),
  pieceCount: s.nullable(s.count),
  pieceLength: s.described(s.nullable(s.count), 'in bytes'),
  notes: s.described(s.list(torrentNote), 'what is odd about the torrent or magnet link; not about the peer'),
} as const satisfies s.Properties

/** What is known about the torrent; info hashes in hex, sizes in bytes. */
export interface TorrentReport extends s.InferObject<typeof torrentMembers> {}
