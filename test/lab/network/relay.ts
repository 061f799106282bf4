import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** What a relay does with a connection between a visitor and the peer. */
export interface Path {
  readonly visitor: Socket
  readonly peer: Socket
}

/** Whether a datagram passes, in either direction. */
export type PassesDatagram = (datagram: Buffer) => boolean

export interface Relay {
  /** HOST:PORT */
  readonly peer: string
  stop(): Promise<void>
}

/** A path on loopback: TCP goes through `join`; of UDP to the same port, what `passesUdp` says. */
export async function startRelay(
  port: number,
  join: (path: Path) => void,
  { passesUdp = false }: { readonly passesUdp?: boolean | PassesDatagram } = {},
): Promise<Relay> {
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  }
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (visitor) => {
    const peer = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true })
    keep(visitor)
    keep(peer)
    join({ visitor, peer })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const own = (server.address() as AddressInfo).port
  const passes = passesUdp === true ? () => true : passesUdp
  const udp = passes === false ? undefined : await startUdpRelay(own, port, passes)
  return {
    peer: `127.0.0.1:${own}`,
    stop: async () => {
      udp?.stop()
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** Passes everything, and every close. */
export function passThrough({ visitor, peer }: Path): void {
  joinEnds(visitor, peer)
  visitor.pipe(peer)
  peer.pipe(visitor)
}

/** A reset on one side resets the other one. */
function joinEnds(visitor: Socket, peer: Socket): void {
  for (const [from, to] of [
    [visitor, peer],
    [peer, visitor],
  ] as const)
    from.on('error', () => to.resetAndDestroy())
}

const PLAINTEXT = '\u0013BitTorrent protocol'

/** Whether the first bytes of a visitor are those of a plaintext handshake. */
export function isPlaintext(first: Buffer): boolean {
  return PLAINTEXT.startsWith(first.subarray(0, PLAINTEXT.length).toString('latin1'))
}

/** Cuts what begins like a plaintext handshake. */
export function cuttingPlaintext(how: 'reset' | 'swallow'): (path: Path) => void {
  return (path) => {
    path.visitor.once('data', (first: Buffer) => {
      if (!isPlaintext(first)) {
        path.peer.write(first)
        passThrough(path)
        return
      }
      path.peer.resetAndDestroy()
      if (how === 'reset') path.visitor.resetAndDestroy()
      else path.visitor.resume()
    })
  }
}

/** After so many bytes of the peer nothing passes any more, in any direction, and nothing is closed. */
export function dyingAfter(bytes: number): (path: Path) => void {
  return ({ visitor, peer }) => {
    let left = bytes
    visitor.on('data', (chunk: Buffer) => {
      if (left > 0) peer.write(chunk)
    })
    peer.on('data', (chunk: Buffer) => {
      if (left > 0) visitor.write(chunk.subarray(0, left))
      left -= chunk.length
    })
    peer.on('end', () => {
      if (left > 0) visitor.end()
    })
    visitor.on('close', () => peer.destroy())
  }
}

/** Accepts, and closes at once: there is nobody behind it. */
export function withoutBackend({ visitor, peer }: Path): void {
  peer.destroy()
  visitor.end()
}

async function startUdpRelay(
  own: number,
  port: number,
  passes: PassesDatagram,
): Promise<{ stop: () => void }> {
  const front = createSocket('udp4')
  const backs = new Map<number, UdpSocket>()
  front.on('error', () => undefined)
  front.on('message', (datagram, from) => {
    if (!passes(datagram)) return
    let back = backs.get(from.port)
    if (back === undefined) {
      back = createSocket('udp4')
      back.on('error', () => undefined)
      back.on('message', (answer) => {
        if (passes(answer)) front.send(answer, from.port, from.address)
      })
      backs.set(from.port, back)
    }
    back.send(datagram, port, '127.0.0.1')
  })
  front.bind(own, '127.0.0.1')
  await once(front, 'listening')
  return {
    stop: () => {
      front.close()
      for (const back of backs.values()) back.close()
    },
  }
}
