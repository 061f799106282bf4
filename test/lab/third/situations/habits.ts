import type { Socket } from 'node:net'
import type { TestTorrent } from '../../../peers/torrents.ts'
import { frame } from '../../../support/raw/raw-peer.ts'
import {
  afterwards,
  CHOKE,
  EXTENDED,
  EXTENSIONS,
  FAST,
  habit,
  INTERESTED,
  REQUEST,
  serving,
  UNCHOKE,
  type Decide,
} from '../../set/habit.ts'
import { answerRequest, bitfieldOf, handshakeBy } from '../../set/scripted.ts'
import { NO_PROOF_AT_ALL } from '../../truths.ts'
import type { SetSituation } from '../../set/situation.ts'

const lengthOf = (request: Buffer): number => request.readUInt32BE(9)
const pieceOf = (request: Buffer): number => request.readUInt32BE(1)

/** A leecher that gets a piece from somebody else every four seconds, and announces it to all that are connected. */
function growing(torrent: TestTorrent): Decide {
  const sockets = new Set<Socket>()
  const startedAt = performance.now()
  const count = () => Math.max(0, Math.floor((performance.now() - startedAt - 4000) / 4000))
  let announced = 0
  const timer = setInterval(() => {
    while (announced < Math.min(count(), torrent.pieceCount)) {
      for (const socket of sockets) socket.write(frame(4, announced))
      announced++
    }
    if (announced === torrent.pieceCount) clearInterval(timer)
  }, 100)
  timer.unref()
  return (socket, _, serve) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    const opening = announced === 0 ? Buffer.alloc(0) : bitfieldOf(torrent, (piece) => piece < announced)
    serve({ opening })
  }
}

/** What other implementations do. All are over TCP, in plaintext. */
export const HABITS: readonly SetSituation[] = [
  habit({
    name: 'a seeder that unchokes before anybody is interested',
    causes: ['works'],
    note: 'handshake, bitfield and unchoke in one write; nothing at interested',
    acts: serving((torrent) => ({
      opening: Buffer.concat([bitfieldOf(torrent), UNCHOKE]),
      onMessage: (message) => message[0] !== INTERESTED,
    })),
  }),
  habit({
    name: 'a seeder that announces piece by piece',
    causes: ['works'],
    excluded: ['nothing-to-offer'],
    note: 'no bitfield; from 3 s on a HAVE every 150 ms until it has announced all',
    acts: (torrent) => (socket, _, serve) => {
      serve({ opening: Buffer.alloc(0) })
      let piece = 0
      const next = () => {
        socket.write(frame(4, piece++))
        if (piece < torrent.pieceCount) afterwards(socket, 150, next)
      }
      afterwards(socket, 3000, next)
    },
  }),
  habit({
    name: 'a leecher that gets its first pieces while we look',
    isFleeting: true,
    causes: ['works'],
    ambiguous: ['super-seeding'],
    excluded: ['nothing-to-offer'],
    note: 'nothing for 8 s, then a HAVE every 4 s, served to everybody who asks; a later connection gets a bitfield, which a super-seeder never sends',
    acts: growing,
  }),
  habit({
    name: 'a seeder that closes on requests above 8 KiB',
    causes: ['closes-on-request', 'works'],
    isOneOf: true,
    excluded: ['path-mtu', 'data-gone'],
    note: 'as old embedded clients; smaller blocks are served',
    acts: serving(() => ({
      onMessage: (message, socket) => {
        if (message[0] !== REQUEST || lengthOf(message) <= 8192) return true
        socket.end()
        return false
      },
    })),
  }),
  habit({
    name: 'a seeder that ignores requests above 4 KiB',
    causes: ['stalls', 'works', 'unexplained'],
    isOneOf: true,
    ambiguous: ['rate-limit', 'path-mtu', 'path-dies'],
    note: 'blocks of up to 4 KiB are served; a path that loses packets does not know where a block ends',
    acts: serving(() => ({ onMessage: (message) => message[0] !== REQUEST || lengthOf(message) <= 4096 })),
  }),
  habit({
    name: 'a seeder with one damaged piece',
    causes: ['bad-data'],
    also: ['works'],
    note: 'piece 0 has one wrong byte in each block, the other pieces are right',
    acts: (torrent) => {
      const content = Uint8Array.from(torrent.content)
      for (let at = 50; at < torrent.pieceLength; at += 4096) content[at] = (content[at] ?? 0) ^ 0xff
      const damaged = { ...torrent, content }
      return (_, __, serve) =>
        serve({
          onMessage: (message, socket) => {
            if (message[0] !== REQUEST) return true
            answerRequest(socket, damaged, message)
            return false
          },
        })
    },
  }),
  habit({
    name: 'a seeder that rejects its first four pieces',
    causes: ['rejects-requests', 'works'],
    isOneOf: true,
    excluded: ['data-gone'],
    note: 'with the fast extension; the other 13 pieces are served',
    acts: serving((torrent) => ({
      handshake: handshakeBy(torrent.handshakeInfoHash, FAST),
      onMessage: (message, socket) => {
        if (message[0] !== REQUEST || pieceOf(message) >= 4) return true
        socket.write(frame(16, message.subarray(1)))
        return false
      },
    })),
  }),
  habit({
    name: 'a seeder that gives one block, and the next one 6 s later',
    causes: ['works', 'rate-limit', 'chokes-on-request'],
    isOneOf: true,
    first: ['works', 'rate-limit', 'chokes-on-request'],
    excluded: ['data-gone', 'never-unchoked'],
    note: 'chokes behind each block and unchokes after 6 s, for ever',
    acts: serving((torrent) => ({
      onMessage: (message, socket) => {
        if (message[0] !== REQUEST) return true
        answerRequest(socket, torrent, message)
        socket.write(CHOKE)
        afterwards(socket, 6000, () => socket.write(UNCHOKE))
        return false
      },
    })),
  }),
  habit({
    name: 'a seeder that drops requests while it reads',
    causes: ['works', 'stalls', 'rate-limit'],
    isOneOf: true,
    excluded: ['path-mtu', 'never-unchoked'],
    note: 'one request at a time, 150 ms each; what comes meanwhile is dropped without a word',
    acts: (torrent) => (_, __, serve) => {
      let isReading = false
      serve({
        onMessage: (message, socket) => {
          if (message[0] !== REQUEST) return true
          if (isReading) return false
          isReading = true
          afterwards(socket, 150, () => {
            isReading = false
            answerRequest(socket, torrent, message)
          })
          return false
        },
      })
    },
  }),
  habit({
    name: 'a monitor that answers for every torrent and serves none',
    causes: ['any-hash', 'never-unchoked'],
    knowsAll: true,
    note: 'mirrors the info hash, claims all pieces, never unchokes; so do many addresses of anti-piracy networks',
    acts: () => (_, handshake, serve) =>
      serve({
        handshake: handshakeBy(handshake.subarray(28, 48), EXTENSIONS),
        onMessage: () => false,
      }),
  }),
  habit({
    name: 'a seeder that repeats our peer id',
    causes: ['works', 'protocol-broken'],
    isOneOf: true,
    ambiguous: ['ourselves', 'echo'],
    note: 'its handshake has the peer id of the visitor; it claims and serves all pieces, which we would not do to ourselves',
    acts: (torrent) => (_, handshake, serve) =>
      serve({
        handshake: handshakeBy(torrent.handshakeInfoHash, undefined, handshake.toString('latin1', 48)),
      }),
  }),
  habit({
    name: 'a seeder with a list of allowed clients',
    causes: ['name-banned'],
    note: 'closes on every peer id but those of µTorrent, qBittorrent, Transmission, Deluge, libtorrent and rTorrent, as private trackers ask for',
    acts: () => (socket, handshake, serve) => {
      if (/^-(UT|qB|TR|DE|lt|LT)/.test(handshake.toString('latin1', 48))) serve()
      else socket.end()
    },
  }),
  habit({
    name: 'a seeder that closes on the name in our extension handshake',
    causes: ['name-banned'],
    ambiguous: [
      'name-banned',
      'bits-refused',
      'torrent-inactive',
      'connection-limit',
      'same-address',
      'unexplained',
    ],
    isOneOf: true,
    first: ['name-banned', 'bits-refused'],
    note: 'the peer id does not matter; `v` may not have the word peerwire',
    acts: () => (_, handshake, serve) =>
      serve({
        handshake: handshakeBy(handshake.subarray(28, 48), EXTENSIONS),
        onMessage: (message, socket) => {
          if (message[0] === EXTENDED && /peerwire/i.test(message.toString('latin1'))) socket.end()
          return true
        },
      }),
  }),
  habit({
    name: 'a seeder without a slot that closes after 12 s',
    causes: ['never-unchoked', 'closes-before-serving'],
    isOneOf: true,
    also: ['unexplained'],
    note: 'claims all, never unchokes, and makes room for others',
    acts: () => (socket, _, serve) => {
      serve({ onMessage: () => false })
      afterwards(socket, 12_000, () => socket.end())
    },
  }),
  habit({
    name: 'a seeder that closes when we say interested',
    causes: ['unexplained', 'never-unchoked', 'closes-before-serving'],
    isOneOf: true,
    ambiguous: ['torrent-inactive', 'connection-limit', 'same-address', 'address-filtered', 'name-banned'],
    excluded: ['data-gone', 'closes-on-request', 'torrent-unknown', 'chokes-on-request'],
    note: 'as some seedboxes without upload: no request was ever sent',
    acts: serving(() => ({
      onMessage: (message, socket) => {
        if (message[0] === INTERESTED) socket.end()
        return message[0] !== INTERESTED
      },
    })),
  }),
  habit({
    name: 'a seeder whose bitfield has spare bits set',
    causes: ['protocol-broken', 'works'],
    isOneOf: true,
    note: 'all 24 bits for 17 pieces, as some old clients; everything is served',
    acts: serving(() => ({ opening: frame(5, Buffer.alloc(3, 0xff)) })),
  }),
  habit({
    name: 'a client that crashes on every handshake',
    causes: ['changed', 'unexplained'],
    isOneOf: true,
    ambiguous: NO_PROOF_AT_ALL,
    note: 'reset after our 68 bytes for this torrent, closed for any other: a defect for this torrent, as far as anybody can see',
    acts: () => (socket) => socket.resetAndDestroy(),
  }),
]
