import type { Schema } from '../../base/schema/schema.ts'

/** Words of our own texts. A torrent or file with such a name is not looked for in texts. */
export const COMMON_WORDS: readonly string[] =
  'address addresses attempt attempts block blocks byte bytes capture client clients closed connect connected connection connections data download downloads encryption extension extensions fetch file files finding findings handshake hash hashes host message messages metadata name names network offset output peer peers piece pieces plaintext port probe proxy reach refused report request requests seeder serve server session silent tcp the timeout torrent torrents trace tracker transport utp why stdin stdout stderr BitTorrent peerwire aria2 libtorrent qBittorrent Transmission WebTorrent Deluge rTorrent'
    .toLowerCase()
    .split(' ')

/** The keys and words of a document, in lower case. */
export function wordsOf(schema: Schema): readonly string[] {
  const { properties = {}, items, additionalProperties, anyOf = [], enum: words = [], const: only } = schema
  const parts = [items, additionalProperties, ...anyOf, ...Object.values(properties)]
  return [
    ...Object.keys(properties),
    ...[...words, only].filter((word) => typeof word === 'string'),
    ...parts.flatMap((part) => (part === undefined ? [] : wordsOf(part))),
  ].map((word) => word.toLowerCase())
}
