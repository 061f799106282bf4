import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { concat } from '../../../src/base/bytes.ts'
import { encodeHandshake } from '../../../src/wire/handshake/handshake.ts'
import { MessageDecoder } from '../../../src/wire/message/decoder.ts'
import { encodeMessages, type Message } from '../../../src/wire/message/message.ts'
import { encodeFeatures } from '../../../src/wire/handshake/reserved-bits.ts'

/** One of many peers in a process, each with its own socket and its own address in 127.0.0.0/8. */
export class CrowdPeer {
  readonly connected: Promise<unknown>
  readonly closed: Promise<void>
  isClosed = false
  readonly #socket: Socket
  readonly #infoHash: Uint8Array
  readonly #received: Uint8Array[] = []
  #wake: () => void = () => undefined

  constructor(port: number, address: string, infoHash: Uint8Array) {
    this.#infoHash = infoHash
    const socket = connect({ host: '127.0.0.1', port, localAddress: address })
    this.#socket = socket
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.isClosed = true
        this.#wake()
        resolve()
      })
    })
    this.connected = Promise.race([once(socket, 'connect'), this.closed])
    this.connected.catch(() => undefined)
    // a reset is treated like any other end
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      this.#received.push(new Uint8Array(chunk))
      this.#wake()
    })
  }

  handshake(): this {
    this.#socket.write(handshakeOf(this.#infoHash))
    return this
  }

  send(...messages: readonly Message[]): this {
    this.#socket.write(encodeMessages(messages))
    return this
  }

  /** Resolves one turn of the event loop after the bytes were sent, so that a loop of writes does not block it. */
  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.#socket.write(bytes, () => setImmediate(resolve)))
  }

  /** Waits until `found` returns a value for all messages so far. @throws Error when the peer closes first */
  async until<T>(found: (messages: readonly Message[]) => T | undefined): Promise<T> {
    for (;;) {
      const result = found(this.#messages())
      if (result !== undefined) return result
      if (this.isClosed) throw new Error('the peer closed first')
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  stopReading(): this {
    this.#socket.pause()
    return this
  }

  /** Reads the next chunk, and then stops reading. */
  readOnce(): void {
    this.#socket.once('data', () => this.stopReading()).resume()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #messages(): readonly Message[] {
    const items = new MessageDecoder().push(concat(this.#received))
    return items.flatMap((item) => (item.kind === 'message' ? [item.message] : []))
  }
}

export function handshakeOf(infoHash: Uint8Array): Uint8Array {
  const reserved = encodeFeatures(['extension-protocol', 'fast'])
  return encodeHandshake({ reserved, infoHash, peerId: new TextEncoder().encode('-XX0100-abcdefghijkl') })
}
