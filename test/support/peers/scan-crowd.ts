import { encodeUtf8 } from '../../../src/base/bytes.ts'
import { encodeHandshake } from '../../../src/wire/handshake/handshake.ts'
import { encodeMessage } from '../../../src/wire/message/message.ts'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { ListedPeer } from '../../../src/run/scan/options.ts'
import type { TorrentTarget } from '../../../src/run/options.ts'

export const INFO_HASH = new Uint8Array(20).fill(0xab)

export const TORRENT: TorrentTarget = {
  infoHashes: { v1: INFO_HASH, v2: undefined },
  name: undefined,
  metainfo: undefined,
}

const HANDSHAKE = encodeHandshake({
  infoHash: INFO_HASH,
  peerId: encodeUtf8('-TR3000-abcdefghijkl'),
  reserved: new Uint8Array(8),
})
const BITFIELD = encodeMessage({ type: 'bitfield', bits: Uint8Array.of(0x80) })

/** What a peer of a crowd does with a connection. */
export const TALKS = {
  good: (socket: Socket) => socket.write(Buffer.concat([HANDSHAKE, BITFIELD])),
  silent: () => undefined,
  slow: (socket: Socket) => socket.write(HANDSHAKE.subarray(0, 30)),
  http: (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
  closing: (socket: Socket) => socket.end(),
  resetting: (socket: Socket) => socket.resetAndDestroy(),
  flooding: (socket: Socket) => socket.write(Buffer.concat([HANDSHAKE, Buffer.alloc(200_000, 0xff)])),
} as const satisfies { readonly [kind: string]: (socket: Socket) => unknown }

export type Talk = keyof typeof TALKS

/** Many peers in one server, each on an address of its own in 127/8. */
export interface Crowd {
  /** Connections by address at this moment, and the most at once. */
  readonly most: ReadonlyMap<string, number>
  readonly port: number
  /** The peer of a number, with what it does; `dead` refuses. */
  readonly peer: (number: number, talk: Talk | 'dead') => ListedPeer
  stop(): Promise<void>
}

/** @param talks what each address does */
export async function startCrowd(onTalk?: (talk: Talk, socket: Socket) => void): Promise<Crowd> {
  const talks = new Map<string, Talk>()
  const open = new Map<string, number>()
  const most = new Map<string, number>()
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    const address = socket.localAddress ?? ''
    const talk = talks.get(address) ?? 'good'
    sockets.add(socket)
    open.set(address, (open.get(address) ?? 0) + 1)
    most.set(address, Math.max(most.get(address) ?? 0, open.get(address) ?? 0))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      sockets.delete(socket)
      open.set(address, (open.get(address) ?? 0) - 1)
    })
    socket.once('data', () => {
      TALKS[talk](socket)
      onTalk?.(talk, socket)
    })
    socket.resume()
  })
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '0.0.0.0', backlog: 1024 }, resolve))
  const { port } = server.address() as AddressInfo
  return {
    most,
    port,
    peer: (number, talk) => {
      const host = `127.${talk === 'dead' ? 78 : 77}.${number >> 8}.${number & 255}`
      // nothing listens on port 1
      const at = talk === 'dead' ? 1 : port
      if (talk !== 'dead') talks.set(host, talk)
      return { line: number, label: talk, peer: { input: `${host}:${at}`, host, port: at }, torrent: TORRENT }
    },
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
