import type { MessageId } from '../../wire/message/id.ts'

/** The names of the messages that the BEPs define. */
export type MessageName = keyof typeof MessageId

/** What each message means, in a sentence or two. */
export const MESSAGE_EXPLANATIONS: { readonly [name in MessageName]: string } = {
  choke: 'The sender stops serving requests. Every connection starts choked in both directions.',
  unchoke: 'The sender starts serving requests.',
  interested:
    'The sender would request pieces if it were unchoked. A peer has no reason to unchoke a peer that is not interested.',
  'not-interested': 'The sender does not want any piece that the receiver has.',
  have: 'The sender has one more piece. The payload is its index, in four bytes.',
  bitfield:
    'Which pieces the sender has, one bit each, piece 0 in the high bit of the first byte. It is the first message, or it is not sent at all.',
  request:
    'Requests a block: piece index, offset within the piece, and length, four bytes each. Blocks are usually 16 KiB, and clients often refuse larger requests.',
  piece: 'A block: piece index, offset within the piece, then the data. It answers one request.',
  cancel: 'Withdraws a request and repeats its three numbers. The block may still arrive.',
  port: 'The UDP port of the DHT node of the sender, for peers that set the DHT bit.',
  suggest:
    'The sender suggests that the receiver requests this piece, for example because it is in memory. The receiver may ignore it.',
  'have-all':
    'The sender has every piece. It replaces the bitfield when both sides support the fast extension.',
  'have-none':
    'The sender does not have any piece. It replaces the bitfield when both sides support the fast extension. Super-seeders also send it.',
  reject: 'The sender will not serve a request. The message repeats its three numbers.',
  'allowed-fast':
    'The receiver may request this piece even while it is choked, so that it soon has something to trade.',
  extended:
    'A message of the extension protocol. Its first byte identifies the extension, by the id that the receiver announced; 0 is the extension handshake.',
  'hash-request': 'Requests hashes from a merkle tree of a v2 torrent.',
  hashes: 'Hashes from a merkle tree, with the proof that leads to its root.',
  'hash-reject': 'The sender cannot or will not serve a hash request.',
}
