import type { Socket } from 'node:net'
import { familyOf } from '../address-family.ts'
import { monotonicMs, systemClock } from '../clock.ts'
import { plainBytes } from '../plain-bytes.ts'
import { connectionFailure } from '../socket-errors.ts'
import type { Endpoint, Transport, TransportEnd, TransportSink } from '../transport.ts'

/** How long the socket stays open after our FIN for data from the peer, in milliseconds. */
const LINGER_MS = 250

/** How long our last bytes may take to be sent, in milliseconds: a peer that does not read would block them forever. */
const FLUSH_MS = 2_000

/** How long to read from one peer in one turn of the event loop, in milliseconds. */
const MAX_TURN_MS = 50

/** Size of the buffers that a socket reads into by itself, in bytes. */
const NODE_BUFFER_LENGTH = 65_536

/** Where a dialled socket delivers what it read into the shared buffer. */
export interface Inlet {
  /** Size of that buffer, in bytes. */
  readonly bufferLength: number
  /** Returns whether to go on reading. Undefined before `start`, when the socket is paused. */
  read: ((chunk: Uint8Array) => boolean) | undefined
}

/** What a transport needs besides its socket. */
export interface TcpTransportOptions {
  /** Where bytes arrive when the socket reads into our buffer; undefined when it emits them. */
  readonly inlet?: Inlet
  /** The peer, when the other end of the socket is a proxy. */
  readonly remote?: Endpoint
  /** Bytes in each direction before the stream to the peer began. */
  readonly before?: { readonly sent: number; readonly received: number }
}

/** Wraps a connected socket, which must not have been read from, as a transport. */
export class TcpTransport implements Transport {
  readonly kind = 'tcp'
  readonly encryption = 'plaintext'
  readonly local: Endpoint
  readonly remote: Endpoint
  readonly #socket: Socket
  readonly #inlet: Inlet | undefined
  readonly #before: { readonly sent: number; readonly received: number }
  #sink: TransportSink | undefined
  #muted = false
  #end: TransportEnd | undefined
  #isPaused = false
  /** When this turn of the event loop began to deliver bytes; undefined if it has not. */
  #turnBeganAt: number | undefined

  constructor(socket: Socket, { inlet, remote, before }: TcpTransportOptions = {}) {
    this.#socket = socket
    this.#inlet = inlet
    this.#before = before ?? { sent: 0, received: 0 }
    this.local = endpoint(socket.localAddress, socket.localPort)
    this.remote = remote ?? endpoint(socket.remoteAddress, socket.remotePort)
    // also before `start`: an unhandled error would end the process
    socket.on('error', (error) => this.#failed(error))
  }

  get bytesSent(): number {
    // bytes that Node still buffers have not been sent
    return this.#socket.bytesWritten - this.#socket.writableLength - this.#before.sent
  }

  get bytesReceived(): number {
    return this.#socket.bytesRead - this.#before.received
  }

  start(sink: TransportSink): void {
    const socket = this.#socket
    this.#sink = sink
    if (this.#inlet === undefined) socket.on('data', (chunk: Buffer) => this.#read(plainBytes(chunk)))
    else this.#inlet.read = (chunk) => this.#read(chunk)
    socket.on('drain', () => this.#sink?.drained())
    socket.on('end', () => {
      this.#end ??= { by: 'peer', kind: 'fin' }
      this.#limitFlush()
    })
    socket.on('close', () => this.#close())
    if (socket.destroyed) queueMicrotask(() => this.#close())
    else socket.resume()
  }

  write(bytes: Uint8Array): boolean {
    return this.#socket.writable ? this.#socket.write(bytes) : true
  }

  writeAll(parts: readonly Uint8Array[], written?: () => void): boolean {
    const socket = this.#socket
    if (!socket.writable) return true
    const last = parts.length - 1
    const done = (error?: Error | null) => {
      if (!error) written?.()
    }
    let hasRoom = true
    socket.cork()
    for (const [index, part] of parts.entries())
      hasRoom = socket.write(part, index === last ? done : undefined)
    socket.uncork()
    return hasRoom
  }

  pause(): void {
    this.#isPaused = true
    this.#socket.pause()
  }

  resume(): void {
    this.#isPaused = false
    this.#socket.resume()
  }

  end(): void {
    if (this.#end !== undefined) return
    this.#end = { by: 'us', kind: 'fin' }
    const socket = this.#socket
    // read and drop the rest: closing with unread bytes would send a reset instead of FIN
    this.#muted = true
    this.#limitFlush()
    socket.resume()
    socket.end(() => {
      const linger = setTimeout(() => socket.destroy(), LINGER_MS).unref()
      // the timer would keep the closed socket in memory
      socket.once('close', () => clearTimeout(linger))
      socket.unref()
      this.#close()
    })
  }

  abort(): void {
    // a FIN that has not been sent yet will not be sent
    if (this.#end === undefined || this.#end.by === 'us') this.#end = { by: 'us', kind: 'rst' }
    const socket = this.#socket
    // after a FIN the system refuses a reset, and Node would never close the socket
    const isEnding = socket.writableEnded && !socket.writableFinished && socket.writableLength === 0
    if (isEnding) socket.destroy()
    else socket.resetAndDestroy()
  }

  /** Closes the socket when its last bytes cannot be written. */
  #limitFlush(): void {
    const socket = this.#socket
    // a FIN by itself does not wait for the peer
    if (socket.writableLength === 0) return
    const cancel = systemClock.schedule(systemClock.now() + FLUSH_MS, () => this.abort())
    socket.once('finish', cancel)
    socket.once('close', cancel)
  }

  /** Returns whether to go on reading. */
  #read(chunk: Uint8Array): boolean {
    if (!this.#muted) this.#deliver(chunk)
    return !this.#socket.isPaused()
  }

  #deliver(chunk: Uint8Array): void {
    // with less than its buffer, libuv does not read again in this turn
    if (chunk.length >= (this.#inlet?.bufferLength ?? NODE_BUFFER_LENGTH)) this.#beginTurn()
    this.#sink?.bytes(chunk)
    if (this.#turnBeganAt !== undefined && monotonicMs() - this.#turnBeganAt > MAX_TURN_MS)
      this.#socket.pause()
  }

  /** libuv reads a busy socket up to 32 times in a row, so a peer whose data is expensive to process would delay every timer. */
  #beginTurn(): void {
    if (this.#turnBeganAt !== undefined) return
    this.#turnBeganAt = monotonicMs()
    setImmediate(() => {
      this.#turnBeganAt = undefined
      if (!this.#isPaused) this.#socket.resume()
    })
  }

  /** Reports the end once; the socket itself may still be closing. */
  #close(): void {
    const sink = this.#sink
    this.#sink = undefined
    // a socket that neither ended nor failed was destroyed by us
    sink?.closed(this.#end ?? { by: 'us', kind: null })
  }

  #failed(error: Error): void {
    this.#end ??= connectionFailure(error)
  }
}

function endpoint(address: string | undefined, port: number | undefined): Endpoint {
  const text = (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '')
  return { address: text, port: port ?? 0, family: familyOf(text) }
}
