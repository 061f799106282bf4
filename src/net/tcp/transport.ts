import type { Socket } from 'node:net'
import { familyOf } from '../address-family.ts'
import { systemClock } from '../clock.ts'
import { plainBytes } from '../plain-bytes.ts'
import { connectionFailure } from '../socket-errors.ts'
import type { Endpoint, Transport, TransportEnd, TransportSink } from '../transport.ts'

/** How long the socket stays after our FIN for what the peer still sends, in milliseconds. */
const LINGER_MS = 250

/** How long our last bytes may take to leave, in milliseconds: a peer that does not read holds them back for ever. */
const FLUSH_MS = 2_000

/** How long one peer may be read in one turn of the event loop, in milliseconds. */
const MAX_TURN_MS = 50

/** A dialled socket reads into one reused buffer; Node hands it over before anybody has asked for bytes. */
export interface Inlet {
  read: ((chunk: Uint8Array) => void) | undefined
}

/** What a transport has to know of its socket beyond the socket itself. */
export interface TcpTransportOptions {
  /** Where bytes come in when the socket reads into a buffer of ours; undefined when it emits them. */
  readonly inlet?: Inlet
  /** The peer, when a proxy is at the other end of the socket. */
  readonly remote?: Endpoint
  /** Bytes that went each way before the stream to the peer began. */
  readonly before?: { readonly sent: number; readonly received: number }
}

/** A connected socket, not read from yet, as a transport. */
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
  /** When this turn of the event loop began to hand over bytes; undefined while it has not. */
  #turnBeganAt: number | undefined

  constructor(socket: Socket, { inlet, remote, before }: TcpTransportOptions = {}) {
    this.#socket = socket
    this.#inlet = inlet
    this.#before = before ?? { sent: 0, received: 0 }
    this.local = endpoint(socket.localAddress, socket.localPort)
    this.remote = remote ?? endpoint(socket.remoteAddress, socket.remotePort)
    // before `start` too: an unheard error would end the process
    socket.on('error', (error) => this.#failed(error))
  }

  get bytesSent(): number {
    // what Node still holds back has not been sent
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

  writeAll(parts: readonly Uint8Array[]): boolean {
    const socket = this.#socket
    if (!socket.writable) return true
    let hasRoom = true
    socket.cork()
    for (const part of parts) hasRoom = socket.write(part)
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
    // what still comes is read and dropped: closing over unread bytes would send a reset instead of FIN
    this.#muted = true
    this.#limitFlush()
    socket.resume()
    socket.end(() => {
      setTimeout(() => socket.destroy(), LINGER_MS).unref()
      socket.unref()
      this.#close()
    })
  }

  abort(): void {
    // a FIN that has not left yet will not
    if (this.#end === undefined || this.#end.by === 'us') this.#end = { by: 'us', kind: 'rst' }
    const socket = this.#socket
    // while a FIN is on its way the system refuses a reset, and Node would never close the socket
    const isEnding = socket.writableEnded && !socket.writableFinished && socket.writableLength === 0
    if (isEnding) socket.destroy()
    else socket.resetAndDestroy()
  }

  /** Gives up what cannot be written. */
  #limitFlush(): void {
    const socket = this.#socket
    if (socket.writableFinished) return
    const cancel = systemClock.schedule(systemClock.now() + FLUSH_MS, () => this.abort())
    socket.once('finish', cancel)
    socket.once('close', cancel)
  }

  #read(chunk: Uint8Array): void {
    if (this.#muted) return
    this.#beginTurn()
    this.#sink?.bytes(chunk)
    if (performance.now() - (this.#turnBeganAt ?? Infinity) > MAX_TURN_MS) this.#socket.pause()
  }

  /** A socket with much to read is read up to 32 times in a row: a peer that is costly to read would hold up every timer. */
  #beginTurn(): void {
    if (this.#turnBeganAt !== undefined) return
    this.#turnBeganAt = performance.now()
    setImmediate(() => {
      this.#turnBeganAt = undefined
      if (!this.#isPaused) this.#socket.resume()
    })
  }

  /** Tells the end once; the socket may still be about to go. */
  #close(): void {
    const sink = this.#sink
    this.#sink = undefined
    // a socket that nobody ended and that did not fail was destroyed here
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
