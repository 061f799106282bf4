import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { Clock } from '../../../src/net/clock.ts'
import type { Dial, Transport } from '../../../src/net/transport.ts'
import { memoryTransports } from '../transports/memory-transport.ts'
import type { ImitatedService } from './service.ts'

/** Dials a service without a socket, on a clock that the test moves. */
export function dialService({ talk }: ImitatedService, clock: Clock): Dial {
  return async (_to, { onConnected }) => {
    const [near, far] = memoryTransports()
    onConnected?.()
    const socket = new MemorySocket(far)
    socket.on('error', () => undefined)
    // a service uses only what both have
    talk(socket as unknown as Socket, (ms, callback) => clock.schedule(clock.now() + ms, callback))
    return near
  }
}

/** A transport as the services use a socket. */
class MemorySocket extends Duplex {
  readonly #transport: Transport

  constructor(transport: Transport) {
    super({ allowHalfOpen: false })
    this.#transport = transport
    transport.start({
      bytes: (chunk) => this.push(Buffer.from(chunk)),
      drained: () => undefined,
      closed: () => {
        this.push(null)
        this.destroy()
      },
    })
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, written: () => void): void {
    this.#transport.write(chunk)
    // as over a socket, a flood makes room for others
    setImmediate(written)
  }

  override _final(done: () => void): void {
    this.#transport.end()
    done()
  }

  resetAndDestroy(): this {
    this.#transport.abort()
    return this.destroy()
  }
}
