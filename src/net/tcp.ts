import { connect, createServer, isIPv6, type Server, type Socket } from 'node:net'
import { PeerError } from '../base/errors.ts'
import { connectTimeout, dialError, systemCode } from './socket-errors.ts'
import type { Dial, Endpoint, Listen, Transport, TransportEnd, TransportSink } from './transport.ts'

/** Read into, over and over, for the life of a connection, in bytes. Larger ones were no faster. */
const READ_BUFFER_LENGTH = 65_536

/** How long the socket stays after our FIN for what the peer still sends, in milliseconds. */
const LINGER_MS = 250

/** A dialled socket reads into one reused buffer; Node hands it over before anybody has asked for bytes. */
interface Inlet {
  read: ((chunk: Uint8Array) => void) | undefined
}

/** @see Dial */
export const dialTcp: Dial = (to, { timeoutMs, source, signal }) =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const address = renderEndpoint(to)
    const inlet: Inlet = { read: undefined }
    const socket: Socket = connect({
      host: to.address,
      port: to.port,
      ...(source === undefined ? {} : { localAddress: source }),
      noDelay: true,
      onread: {
        // no Buffer: its `slice` does not copy, and chunks are kept by copying them
        buffer: new Uint8Array(READ_BUFFER_LENGTH),
        callback: (length, buffer): boolean => {
          inlet.read?.(buffer.subarray(0, length))
          return !socket.isPaused()
        },
      },
    })
    const timer = setTimeout(() => fail(connectTimeout(address, timeoutMs)), timeoutMs)
    const onError = (error: unknown) => fail(dialError(error, address))
    const onAbort = () => fail(signal?.reason)
    const settle = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.off('error', onError)
    }
    const fail = (reason: unknown) => {
      settle()
      socket.on('error', () => {})
      socket.destroy()
      reject(reason)
    }
    socket.once('error', onError)
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('connect', () => {
      settle()
      // nothing is read until somebody listens, so that no byte is lost in between
      socket.pause()
      resolve(new TcpTransport(socket, inlet))
    })
  })

/** @see Listen */
export const listenTcp: Listen = (at, accepted) =>
  new Promise((resolve, reject) => {
    const server: Server = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => {
      // a socket that died in the backlog has no address any more
      if (socket.remoteAddress === undefined) socket.destroy()
      else accepted(new TcpTransport(socket, undefined))
    })
    server.once('error', (cause) => {
      const message = `cannot listen on ${renderEndpoint(at)} (${systemCode(cause) ?? String(cause)})`
      reject(new PeerError('E_BIND', message, { hint: 'take another port or address', cause }))
    })
    server.listen({ host: at.address, port: at.port }, () => {
      const address = server.address()
      const port = address !== null && typeof address === 'object' ? address.port : at.port
      const close = () => new Promise<void>((closed) => server.close(() => closed()))
      resolve({ address: { ...at, port }, close })
    })
  })

/** `host:port`, IPv6 in brackets. */
export function renderEndpoint({ address, port }: Pick<Endpoint, 'address' | 'port'>): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`
}

class TcpTransport implements Transport {
  readonly kind = 'tcp'
  readonly encryption = 'plaintext'
  readonly local: Endpoint
  readonly remote: Endpoint
  readonly #socket: Socket
  readonly #inlet: Inlet | undefined
  #sink: TransportSink | undefined
  #muted = false
  #end: TransportEnd | undefined

  constructor(socket: Socket, inlet: Inlet | undefined) {
    this.#socket = socket
    this.#inlet = inlet
    this.local = endpoint(socket.localAddress, socket.localPort)
    this.remote = endpoint(socket.remoteAddress, socket.remotePort)
    // before `start` too: an unheard error would end the process
    socket.on('error', (error) => this.#failed(error))
  }

  get bytesSent(): number {
    // what Node still holds back has not been sent
    return this.#socket.bytesWritten - this.#socket.writableLength
  }

  get bytesReceived(): number {
    return this.#socket.bytesRead
  }

  start(sink: TransportSink): void {
    const socket = this.#socket
    this.#sink = sink
    if (this.#inlet === undefined) socket.on('data', (chunk: Buffer) => this.#read(plainBytes(chunk)))
    else this.#inlet.read = (chunk) => this.#read(chunk)
    socket.on('drain', () => this.#sink?.drained())
    socket.on('end', () => {
      this.#end ??= { by: 'peer', kind: 'fin' }
    })
    socket.on('close', () => this.#close())
    if (socket.destroyed) this.#close()
    else socket.resume()
  }

  write(bytes: Uint8Array): boolean {
    return this.#socket.writable ? this.#socket.write(bytes) : true
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    if (this.#end !== undefined) return
    this.#end = { by: 'us', kind: 'fin' }
    const socket = this.#socket
    // what still comes is read and dropped: closing over unread bytes would send a reset instead of FIN
    this.#muted = true
    socket.resume()
    socket.end(() => {
      setTimeout(() => socket.destroy(), LINGER_MS).unref()
      socket.unref()
      this.#close()
    })
  }

  abort(): void {
    this.#end ??= { by: 'us', kind: 'rst' }
    this.#socket.resetAndDestroy()
  }

  #read(chunk: Uint8Array): void {
    // a plain view: `slice` of a Buffer would not copy, and a sink that keeps bytes has to
    if (!this.#muted) this.#sink?.bytes(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length))
  }

  /** Tells the end once; the socket may still be about to go. */
  #close(): void {
    const sink = this.#sink
    this.#sink = undefined
    sink?.closed(this.#end ?? { by: 'peer', kind: null })
  }

  #failed(error: Error): void {
    const code = systemCode(error)
    // EPIPE: we wrote after the peer had closed; its reset is what matters
    const reset = code === 'ECONNRESET' || code === 'EPIPE' || code === 'ECONNABORTED'
    this.#end ??= { by: 'peer', kind: reset ? 'rst' : null }
  }
}

/** The same memory without the methods of a Buffer, of which `slice` does not copy. */
function plainBytes({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length)
}

function endpoint(address: string | undefined, port: number | undefined): Endpoint {
  const text = (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '')
  return { address: text, port: port ?? 0, family: isIPv6(text) ? 6 : 4 }
}
