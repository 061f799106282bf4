import { encodeBencode } from '../../../../src/wire/bencode.ts'
import { decodeMetainfo } from '../../../../src/wire/torrent/metainfo.ts'
import { METADATA_ID, frame } from '../../../support/raw/raw-peer.ts'
import type { TestTorrent } from '../../../peers/torrents.ts'
import { NO_PROOF_AT_ALL } from '../../truths.ts'
import {
  afterwards,
  CHOKE,
  EXTENDED,
  EXTENSIONS,
  FAST,
  habit,
  REQUEST,
  serving,
  UNCHOKE,
} from '../../set/habit.ts'
import { answerRequest, bitfieldOf, handshakeBy } from '../../set/scripted.ts'
import { served } from '../../set/seeders.ts'
import type { SetSituation } from '../../set/situation.ts'

const BITFIELD = 5
const HAVE_ALL = 14
const HAVE_NONE = 15
const BLOCKS_OF_A_PIECE = 4

/** The torrent with one byte in each block of its last piece changed. */
function spoiltAtTheEnd(torrent: TestTorrent): TestTorrent {
  const content = Uint8Array.from(torrent.content)
  const from = (torrent.pieceCount - 1) * torrent.pieceLength
  for (let at = from + 50; at < content.length; at += 4096) content[at] = (content[at] ?? 0) ^ 0xff
  return { ...torrent, content }
}

/** An extension handshake that announces metadata of such a length. */
const announcing = (length: number): Buffer =>
  frame(
    EXTENDED,
    Buffer.of(0),
    encodeBencode({ m: { ut_metadata: METADATA_ID.theirs }, metadata_size: length }),
  )

/** The only piece of the metadata, with the number that our extension handshake gave to ut_metadata. */
function metadataPiece({ torrentBytes }: TestTorrent, id: number): Buffer {
  const { infoBytes } = decodeMetainfo(torrentBytes)
  const header = encodeBencode({ msg_type: 1, piece: 0, total_size: infoBytes.length })
  return frame(EXTENDED, Buffer.of(id), header, infoBytes)
}

/** What other implementations do. All but our own seeder are over TCP, in plaintext. */
const SCRIPTED: readonly SetSituation[] = [
  habit({
    name: 'a seeder that gives each connection one piece and then chokes for good',
    causes: ['works', 'chokes-on-request'],
    isOneOf: true,
    ambiguous: ['rate-limit'],
    excluded: ['data-gone', 'never-unchoked', 'closes-on-request'],
    note: 'four blocks are served, then it chokes, as a round of tit for tat that we lose',
    acts: serving(() => ({
      onRequest: (number, socket) => {
        if (number === BLOCKS_OF_A_PIECE - 1) setImmediate(() => socket.write(CHOKE))
        return number < BLOCKS_OF_A_PIECE
      },
    })),
  }),
  habit({
    name: 'a peer that unchokes after 32 s',
    causes: ['works'],
    excluded: ['nothing-to-offer', 'stalls', 'torrent-inactive'],
    note: 'an optimistic slot, just inside of the default limit',
    acts: serving(() => ({ unchokeAfterMs: 32_000 })),
  }),
  habit({
    name: 'a peer that says have-none, and a second later announces piece after piece',
    causes: ['works'],
    ambiguous: ['super-seeding'],
    excluded: ['nothing-to-offer', 'data-gone'],
    note: 'with the fast extension; a disk that is checked while it is connected, 17 HAVE, one every 250 ms',
    acts: (torrent) => (socket, _, serve) => {
      serve({ handshake: handshakeBy(torrent.handshakeInfoHash, FAST), opening: frame(HAVE_NONE) })
      let piece = 0
      const next = () => {
        socket.write(frame(4, piece++))
        if (piece < torrent.pieceCount) afterwards(socket, 250, next)
      }
      afterwards(socket, 1000, next)
    },
  }),
  habit({
    name: 'a client that closes on the bitfield or have-none of its visitor',
    causes: ['bits-refused', 'closes-before-serving', 'unexplained'],
    isOneOf: true,
    ambiguous: [
      'bits-refused',
      'torrent-inactive',
      'connection-limit',
      'same-address',
      'address-filtered',
      'name-banned',
    ],
    excluded: ['torrent-unknown', 'closes-on-request', 'data-gone', 'encryption-required'],
    note: 'it has the fast extension and cannot stand a message that says what we have',
    acts: (torrent) =>
      serving(() => ({
        handshake: handshakeBy(torrent.handshakeInfoHash, FAST),
        onMessage: (message, socket) => {
          const isAboutPieces = [BITFIELD, HAVE_ALL, HAVE_NONE].includes(message[0] ?? 0)
          if (isAboutPieces) socket.end()
          return !isAboutPieces
        },
      }))(torrent),
  }),
  habit({
    name: 'a seeder that answers requests last come, first served',
    causes: ['works'],
    excluded: ['protocol-broken', 'stalls'],
    note: 'it collects for 50 ms and answers in the reverse order: blocks are out of order',
    acts: (torrent) => (socket, _, serve) => {
      let waiting: Buffer[] = []
      serve({
        onMessage: (message) => {
          if (message[0] !== REQUEST) return true
          if (waiting.length === 0)
            afterwards(socket, 50, () => {
              for (const request of waiting.toReversed()) answerRequest(socket, torrent, request)
              waiting = []
            })
          waiting.push(Buffer.from(message))
          return false
        },
      })
    },
  }),
  habit({
    name: 'a seeder whose last piece is damaged',
    causes: ['works'],
    also: ['bad-data'],
    note: 'the other 16 pieces are right',
    acts: (torrent) => {
      const damaged = spoiltAtTheEnd(torrent)
      return serving(() => ({
        onMessage: (message, socket) => {
          if (message[0] !== REQUEST) return true
          answerRequest(socket, damaged, message)
          return false
        },
      }))(torrent)
    },
  }),
  habit({
    name: 'a seeder that thinks for 8 s before its handshake',
    causes: ['works'],
    excluded: ['frozen', 'silent-service', 'not-bittorrent', 'encryption-required'],
    note: 'a machine whose disk sleeps; then all is served',
    acts: () => (socket, _, serve) => afterwards(socket, 8000, () => serve()),
  }),
  habit({
    name: 'a seeder that chokes at the first request, and serves after its next unchoke',
    causes: ['works'],
    ambiguous: ['chokes-on-request'],
    excluded: ['data-gone', 'closes-on-request', 'stalls'],
    note: 'the choke comes while the request is on its way, the unchoke 600 ms later; who asks again is served',
    acts: serving(() => ({
      onRequest: (number, socket) => {
        if (number > 0) return true
        socket.write(CHOKE)
        afterwards(socket, 600, () => socket.write(UNCHOKE))
        return false
      },
    })),
  }),
  habit({
    name: 'a seeder that announces a longer metadata than it has, and only the hash is given',
    isAskedByHash: true,
    causes: ['metadata-missing', 'protocol-broken', 'bad-data'],
    isOneOf: true,
    also: ['works'],
    excluded: ['torrent-unknown', 'other-hash'],
    note: 'metadata_size is 100 too high; the metadata itself, and its total_size, are right',
    acts: (torrent) => {
      const { length } = decodeMetainfo(torrent.torrentBytes).infoBytes
      return (_, __, serve) => {
        let theirId = 0
        serve({
          handshake: handshakeBy(torrent.handshakeInfoHash, EXTENSIONS),
          opening: Buffer.concat([announcing(length + 100), bitfieldOf(torrent)]),
          onMessage: (message, socket) => {
            if (message[0] !== EXTENDED) return true
            const text = message.toString('latin1', 2)
            if (message[1] === 0) theirId = Number(/11:ut_metadatai(\d+)e/.exec(text)?.[1] ?? 0)
            else if (text.includes('8:msg_typei0e')) socket.write(metadataPiece(torrent, theirId))
            return false
          },
        })
      }
    },
  }),
]

/** Our own seeder, with faults that no other set has. */
const FAULTS: readonly SetSituation[] = [
  {
    name: 'a seeder that closes after one block',
    causes: ['closes-on-request', 'unexplained'],
    isOneOf: true,
    also: ['closes-before-serving'],
    excluded: ['data-gone', 'torrent-unknown', 'never-unchoked', 'torrent-inactive'],
    note: 'serve --fault close-after=1: a block came, so it has the data',
    make: served(['--fault', 'close-after=1']),
  },
  {
    name: 'a seeder that closes in the middle of its third block',
    causes: ['works', 'closes-on-request', 'path-dies', 'unexplained'],
    isOneOf: true,
    excluded: ['data-gone', 'torrent-unknown', 'never-unchoked', 'closes-before-serving'],
    note: 'serve --fault cut-block=2',
    make: served(['--fault', 'cut-block=2']),
  },
  {
    name: 'a seeder that sends a byte more than was asked for',
    causes: ['protocol-broken'],
    also: ['bad-data'],
    excluded: ['rate-limit', 'path-dies', 'stalls'],
    note: 'serve --fault long-block: every block has the wrong length',
    make: served(['--fault', 'long-block']),
  },
  {
    name: 'a seeder that answers with empty blocks',
    causes: ['protocol-broken', 'stalls', 'bad-data'],
    isOneOf: true,
    excluded: ['rate-limit', 'path-dies', 'path-mtu'],
    note: 'serve --fault empty-block',
    make: served(['--fault', 'empty-block']),
  },
  {
    name: 'a peer that says what it has only after its first unchoke',
    causes: ['works', 'protocol-broken', 'nothing-to-offer'],
    isOneOf: true,
    ambiguous: ['nothing-to-offer', 'super-seeding'],
    excluded: ['torrent-unknown', 'never-unchoked'],
    note: 'serve --fault late-bitfield: it unchokes who says interested, and who waits for pieces to be interested in waits for ever',
    make: served(['--fault', 'late-bitfield']),
  },
  {
    name: 'a peer that closes after 48 bytes of its handshake',
    causes: ['protocol-broken', 'nearly-bittorrent', 'path-dies', 'unexplained'],
    isOneOf: true,
    ambiguous: [...NO_PROOF_AT_ALL, 'closes-before-serving'],
    excluded: ['not-bittorrent', 'other-service', 'silent-service', 'other-torrent'],
    note: 'serve --fault cut-handshake=48: name, bits and the right info hash, then a close',
    make: served(['--fault', 'cut-handshake=48']),
  },
  {
    name: 'a seeder whose metadata is damaged, and only the hash is given',
    causes: ['bad-data', 'metadata-missing'],
    isOneOf: true,
    also: ['works'],
    excluded: ['torrent-unknown', 'other-hash'],
    note: 'serve --fault metadata-corrupt: it does not match the hash',
    make: served(['--fault', 'metadata-corrupt'], 'hash'),
  },
]

export const HABITS: readonly SetSituation[] = [...SCRIPTED, ...FAULTS]
