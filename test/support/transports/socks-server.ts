import { connect, createServer, type Socket } from 'node:net'

export interface SocksServerOptions {
  /** The required credentials; undefined for no authentication. */
  readonly credentials?: { readonly username: string; readonly password: string }
  /** Reply code for every request: 0 connects, any other refuses (RFC 1928). */
  readonly reply?: number
  /** The address for each host name; the port is kept. */
  readonly names?: Readonly<Record<string, string>>
  /** Bytes from the peer that are sent in one segment with the answer. */
  readonly early?: Uint8Array
  /** Never answers. */
  readonly isSilent?: boolean
}

export interface SocksServer {
  readonly port: number
  /** The requested destinations, as they appeared in the requests: `name:port` or `address:port`. */
  readonly requests: readonly string[]
  /** The source address of each connection. */
  readonly sources: readonly (string | undefined)[]
  close(): Promise<void>
}

/** A small SOCKS5 proxy on 127.0.0.1. */
export async function startSocksServer(options: SocksServerOptions = {}): Promise<SocksServer> {
  const requests: string[] = []
  const sources: (string | undefined)[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    sources.push(socket.remoteAddress)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    if (options.isSilent !== true) serve(socket, options, requests).catch(() => socket.destroy())
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    requests,
    sources,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

async function serve(
  socket: Socket,
  { credentials, reply = 0, names = {}, early }: SocksServerOptions,
  requests: string[],
): Promise<void> {
  const [, methodCount = 0] = await read(socket, 2)
  const methods = await read(socket, methodCount)
  const method = credentials === undefined ? 0 : 2
  if (!methods.includes(method)) {
    socket.end(Uint8Array.of(5, 0xff))
    return
  }
  socket.write(Uint8Array.of(5, method))
  if (credentials !== undefined) {
    const username = (await readCounted(socket, 1)).toString()
    const password = (await readCounted(socket, 0)).toString()
    const isRight = username === credentials.username && password === credentials.password
    socket.write(Uint8Array.of(1, isRight ? 0 : 1))
    if (!isRight) return
  }
  const [, , , type] = await read(socket, 4)
  const host = await readHost(socket, type ?? 0)
  const port = (await read(socket, 2)).readUInt16BE()
  requests.push(`${host}:${port}`)
  const answer = Uint8Array.of(5, reply, 0, 1, 0, 0, 0, 0, 0, 0)
  if (reply !== 0) {
    socket.end(answer)
    return
  }
  const target = connect({ host: names[host] ?? host, port, allowHalfOpen: true, noDelay: true })
  target.on('error', () => socket.resetAndDestroy())
  target.once('connect', () => {
    socket.write(early === undefined ? answer : Buffer.concat([answer, early]))
    socket.on('error', () => target.resetAndDestroy())
    socket.pipe(target)
    target.pipe(socket)
  })
}

async function readHost(socket: Socket, type: number): Promise<string> {
  if (type === 1) return [...(await read(socket, 4))].join('.')
  if (type === 3) return (await readCounted(socket, 0)).toString()
  const bytes = await read(socket, 16)
  return Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16)).join(':')
}

/** Reads a length-prefixed byte string, after `skip` bytes. */
async function readCounted(socket: Socket, skip: number): Promise<Buffer> {
  const head = await read(socket, skip + 1)
  return read(socket, head[skip] ?? 0)
}

async function read(socket: Socket, length: number): Promise<Buffer> {
  if (length === 0) return Buffer.alloc(0)
  for (;;) {
    const bytes: unknown = socket.read(length)
    if (bytes instanceof Buffer) return bytes
    await new Promise<void>((readable, reject) => {
      socket.once('readable', readable)
      socket.once('end', () => reject(new Error('ended')))
    })
  }
}
