import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { frame, rawHandshake } from '../../support/raw/raw-peer.ts'

const INTERESTED = 2
const HAVE_NONE = 15
/** The last reserved byte of a handshake, and its bit of BEP 6. */
const FLAGS = 27
const FAST = 4
const KEEP_ALIVE = Buffer.alloc(4)

/** Another peer of the client, which holds its connection. */
export interface Companion {
  /** Whether the client has kept it so far. */
  readonly isThere: () => boolean
  leave(): Promise<void>
}

const POLL_MS = 200
const PATIENCE_MS = 8000

/**
 * Connects as a leecher that asks for nothing, and stays. A client may refuse for a while after it says that it is ready.
 *
 * @param from its address, such as 127.0.0.1
 * @throws Error when the client does not accept it
 */
export async function companion(port: number, infoHash: Uint8Array, from: string): Promise<Companion> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    try {
      return await join(port, infoHash, from)
    } catch (error) {
      if (performance.now() > deadline) throw error
      await delay(POLL_MS)
    }
  }
}

async function join(port: number, infoHash: Uint8Array, from: string): Promise<Companion> {
  const socket = connect({ host: '127.0.0.1', port, localAddress: from })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(rawHandshake(infoHash))
  const hasFast = ((await answered(socket, 68))[FLAGS] ?? 0) & FAST
  socket.write(hasFast === 0 ? frame(INTERESTED) : Buffer.concat([frame(HAVE_NONE), frame(INTERESTED)]))
  socket.on('data', () => undefined)
  const timer = setInterval(() => socket.write(KEEP_ALIVE), 5000)
  socket.once('close', () => clearInterval(timer))
  return {
    isThere: () => !socket.destroyed && !socket.readableEnded,
    leave: async () => {
      if (socket.destroyed) return
      const closed = once(socket, 'close')
      socket.destroy()
      await closed
    },
  }
}

async function answered(socket: Socket, length: number): Promise<Buffer> {
  let received: Buffer = Buffer.alloc(0)
  while (received.length < length) {
    const [chunk] = (await Promise.race([once(socket, 'data'), gone(socket)])) as [Buffer]
    received = Buffer.concat([received, chunk])
  }
  return received
}

async function gone(socket: Socket): Promise<never> {
  await once(socket, 'close')
  throw new Error('the client refuses its other peer')
}
