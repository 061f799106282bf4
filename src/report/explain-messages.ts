import type { MessageId } from '../wire/message/id.ts'

/** The messages of the BEPs, by name. */
export type MessageName = keyof typeof MessageId

/** What each message says, in a sentence or two. */
export const MESSAGE_EXPLANATIONS: { readonly [name in MessageName]: string } = {
  choke: 'The sender will serve no request from now on. Every connection begins choked in both directions.',
  unchoke: 'The sender takes requests from now on.',
  interested:
    'The sender would request pieces if it were unchoked. A peer that never hears this has no reason to unchoke.',
  'not-interested': 'The sender wants no piece that the receiver has.',
  have: 'The sender has one more piece: its index follows in four bytes.',
  bitfield:
    'Which pieces the sender has, one bit each, piece 0 in the high bit of the first byte. It comes first or not at all.',
  request:
    'Asks for a block: piece, first byte within it, and length, four bytes each. Blocks are 16 KiB as a rule, and larger requests are often refused.',
  piece: 'A block: piece, first byte within it, then the data. It answers one request.',
  cancel: 'Takes a request back; it has the same three numbers. The block may come all the same.',
  port: 'The UDP port of the DHT node of the sender. For peers that set the DHT bit.',
  suggest:
    'The sender would like the receiver to request this piece, perhaps because it is in memory. Only advice.',
  'have-all':
    'The sender has every piece. It stands in place of a bitfield when both sides have the fast extension.',
  'have-none':
    'The sender has no piece. It stands in place of a bitfield when both sides have the fast extension. Super-seeders send it too.',
  reject: 'The sender will not serve this request; it repeats the three numbers of it.',
  'allowed-fast':
    'The receiver may request this piece even while it is choked, so that it can begin to trade.',
  extended:
    'A message of the extension protocol: one byte tells which extension, by the number that the receiver announced, and 0 is the extension handshake.',
  'hash-request': 'Asks for hashes of a merkle tree of a v2 torrent.',
  hashes: 'Hashes of a merkle tree, with the proof that leads to its root.',
  'hash-reject': 'The sender will not or cannot serve this hash request.',
}
