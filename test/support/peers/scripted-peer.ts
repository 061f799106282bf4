import { createServer, type AddressInfo, type Socket } from 'node:net'

/** A server on a free loopback port; a test decides what it does with each connection. */
export interface ScriptedPeer {
  readonly host: '127.0.0.1'
  readonly port: number
  readonly connections: number
  stop(): Promise<void>
}

/**
 * @param talk called with each connection before anything is read; errors of the socket are ignored
 * @param options `allowHalfOpen: false` answers a FIN with one, as most servers do
 */
export async function startPeer(
  talk: (socket: Socket) => void,
  { allowHalfOpen = true }: { readonly allowHalfOpen?: boolean } = {},
): Promise<ScriptedPeer> {
  const open = new Set<Socket>()
  const counter = { connections: 0 }
  const server = createServer({ allowHalfOpen, noDelay: true }, (socket) => {
    counter.connections++
    open.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
    talk(socket)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    host: '127.0.0.1',
    port,
    get connections() {
      return counter.connections
    },
    stop: () => {
      for (const socket of open) socket.destroy()
      return new Promise((closed) => server.close(() => closed()))
    },
  }
}

/** Reads the 68 bytes of the handshake, sends these bytes, continues to read, and calls `then`. */
export function answering(bytes: Uint8Array, then?: (socket: Socket) => void): (socket: Socket) => void {
  return (socket) => {
    let length = 0
    socket.on('data', (chunk) => {
      const before = length
      length += chunk.length
      if (before >= 68 || length < 68) return
      socket.write(bytes)
      then?.(socket)
    })
  }
}
