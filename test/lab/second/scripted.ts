import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import type { TestTorrent } from '../../peers/torrents.ts'
import { frame } from '../../support/raw/raw-peer.ts'

export interface Running {
  /** HOST:PORT */
  readonly peer: string
  stop(): Promise<void>
}

/** A TCP service on a free loopback port. */
export async function startService(talk: (socket: Socket) => void): Promise<Running> {
  return running(createServer({ allowHalfOpen: false, noDelay: true }, talk))
}

/** Any server of Node on a free loopback port. */
export async function running(server: Server): Promise<Running> {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => open.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    peer: `127.0.0.1:${port}`,
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}

const PEER_ID = '-UT360S-abcdefghijkl'

/** How a scripted seeder serves: it may wait before its unchoke, and act on each request. */
export interface Serving {
  readonly unchokeAfterMs?: number
  /** Called with the number of the request on this connection; returns whether it is answered. */
  readonly onRequest?: (number: number, socket: Socket) => boolean
}

/** A plaintext seeder over TCP without any extension; `decide` sees the 68 bytes, and calls `serve` or does anything else. */
export function startScripted(
  torrent: TestTorrent,
  decide: (socket: Socket, handshake: Buffer, serve: (how?: Serving) => void) => void,
): Promise<Running> {
  return startService((socket) => {
    let received: Buffer = Buffer.alloc(0)
    let serving: Serving | undefined
    let isDecided = false
    let requests = 0
    const serve = (how: Serving = {}) => {
      serving = how
      const bits = Buffer.alloc(Math.ceil(torrent.pieceCount / 8))
      for (let piece = 0; piece < torrent.pieceCount; piece++)
        bits[piece >> 3] = (bits[piece >> 3] ?? 0) | (0x80 >> (piece & 7))
      const handshake = Buffer.concat([
        Buffer.from('\x13BitTorrent protocol\0\0\0\0\0\0\0\0', 'latin1'),
        torrent.handshakeInfoHash,
        Buffer.from(PEER_ID),
      ])
      socket.write(Buffer.concat([handshake, frame(5, bits)]))
    }
    const answer = (message: Buffer) => {
      if (message[0] === 2) setTimeout(() => socket.write(frame(1)), serving?.unchokeAfterMs ?? 0)
      if (message[0] !== 6) return
      if (serving?.onRequest?.(requests++, socket) === false) return
      const piece = message.readUInt32BE(1)
      const begin = message.readUInt32BE(5)
      const at = piece * torrent.pieceLength + begin
      const block = torrent.content.subarray(at, at + message.readUInt32BE(9))
      socket.write(frame(7, piece, begin, block))
    }
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      if (!isDecided) {
        if (received.length < 20) return
        if (received.subarray(1, 20).toString('latin1') !== 'BitTorrent protocol') return socket.end()
        if (received.length < 68) return
        const handshake = received.subarray(0, 68)
        received = received.subarray(68)
        isDecided = true
        if (!handshake.subarray(28, 48).equals(Buffer.from(torrent.handshakeInfoHash))) return socket.end()
        decide(socket, handshake, serve)
      }
      if (serving !== undefined) received = answerAll(received, answer)
    })
  })
}

/** Hands over each whole message, and returns what is left. */
function answerAll(received: Buffer, answer: (message: Buffer) => void): Buffer {
  let left = received
  while (left.length >= 4) {
    const length = left.readUInt32BE(0)
    if (left.length < 4 + length) break
    if (length > 0) answer(left.subarray(4, 4 + length))
    left = left.subarray(4 + length)
  }
  return left
}
