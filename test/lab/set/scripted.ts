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
  /** Default: no extension. */
  readonly handshake?: Buffer
  /** What it says behind its handshake. Default: a bitfield of all pieces. */
  readonly opening?: Buffer
  /** Called with each message; returns whether it is dealt with as usual. */
  readonly onMessage?: (message: Buffer, socket: Socket) => boolean
}

/** A handshake by hand. */
export function handshakeBy(infoHash: Uint8Array, reserved = '00'.repeat(8), peerId = PEER_ID): Buffer {
  const name = Buffer.from('\x13BitTorrent protocol', 'latin1')
  return Buffer.concat([name, Buffer.from(reserved, 'hex'), infoHash, Buffer.from(peerId, 'latin1')])
}

/** A bitfield message of the pieces that pass. */
export function bitfieldOf(
  { pieceCount }: TestTorrent,
  has: (piece: number) => boolean = () => true,
): Buffer {
  const bits = Buffer.alloc(Math.ceil(pieceCount / 8))
  for (let piece = 0; piece < pieceCount; piece++)
    if (has(piece)) bits[piece >> 3] = (bits[piece >> 3] ?? 0) | (0x80 >> (piece & 7))
  return frame(5, bits)
}

/** Sends the block that a request asks for. */
export function answerRequest(socket: Socket, torrent: TestTorrent, request: Buffer): void {
  const piece = request.readUInt32BE(1)
  const begin = request.readUInt32BE(5)
  const at = piece * torrent.pieceLength + begin
  socket.write(frame(7, piece, begin, torrent.content.subarray(at, at + request.readUInt32BE(9))))
}

/**
 * A plaintext seeder over TCP; `decide` sees the 68 bytes, and calls `serve` or does anything else.
 *
 * @param knows which info hashes reach `decide`; the others are closed
 */
export function startScripted(
  torrent: TestTorrent,
  decide: (socket: Socket, handshake: Buffer, serve: (how?: Serving) => void) => void,
  knows: (infoHash: Buffer) => boolean = (infoHash) => infoHash.equals(torrent.handshakeInfoHash),
): Promise<Running> {
  return startService((socket) => {
    let received: Buffer = Buffer.alloc(0)
    let serving: Serving | undefined
    let isDecided = false
    let requests = 0
    const serve = (how: Serving = {}) => {
      serving = how
      const { handshake = handshakeBy(torrent.handshakeInfoHash), opening = bitfieldOf(torrent) } = how
      socket.write(Buffer.concat([handshake, opening]))
    }
    const answer = (message: Buffer) => {
      if (serving?.onMessage?.(message, socket) === false) return
      if (message[0] === 2) setTimeout(() => socket.write(frame(1)), serving?.unchokeAfterMs ?? 0)
      if (message[0] !== 6) return
      if (serving?.onRequest?.(requests++, socket) === false) return
      answerRequest(socket, torrent, message)
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
        if (!knows(handshake.subarray(28, 48))) return socket.end()
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
