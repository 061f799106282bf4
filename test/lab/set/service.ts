import type { Socket } from 'node:net'
import { byFile } from '../world.ts'
import { startService } from './scripted.ts'
import type { SetSituation, Truth } from './situation.ts'

interface Service extends Truth {
  readonly name: string
  readonly greets?: (socket: Socket) => void
  /** Called with all bytes of a connection so far, whenever there are more. */
  readonly talks?: (received: Buffer, socket: Socket) => void
}

/** A situation with a service in place of a client. */
export function service({ greets, talks, ...truth }: Service): SetSituation {
  return {
    isOneOf: true,
    ...truth,
    make: async (world, starting) => {
      const { peer } = starting.keep(
        await startService((socket) => {
          let received = Buffer.alloc(0)
          greets?.(socket)
          socket.on('data', (chunk) => {
            received = Buffer.concat([received, chunk])
            if (!socket.writableEnded) talks?.(received, socket)
          })
        }),
      )
      return { peer, target: byFile(await world.torrent('usual')) }
    },
  }
}

/** Acts again and again, while the connection stands. */
export function every(socket: Socket, ms: number, act: () => void): void {
  const timer = setInterval(act, ms)
  socket.on('close', () => clearInterval(timer))
}
