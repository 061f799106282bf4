import type { Socket } from 'node:net'

/** Calls back once after `ms`; the function that is returned prevents it. */
export type After = (ms: number, callback: () => void) => () => void

/** A service that is not BitTorrent, as far as a visitor that sends something unexpected sees it. */
export interface ImitatedService {
  /** What it is called in words; undefined where nothing that it sends shows what it is. */
  readonly kind: string | undefined
  /** Its side of one connection. Errors of the socket are ignored elsewhere. */
  readonly talk: (socket: Socket, after: After) => void
}

/** Sends a banner as soon as it accepts, and answers each chunk with the same line. */
export function greeting(
  kind: string,
  banner: string | Uint8Array,
  answer?: string | Uint8Array,
): ImitatedService {
  return {
    kind,
    talk: (socket) => {
      socket.write(banner)
      socket.on('data', () => {
        if (answer !== undefined) socket.write(answer)
      })
    },
  }
}

/**
 * Decides what to do with each chunk.
 * @param react gets all bytes so far
 */
export function reacting(
  kind: string | undefined,
  react: (socket: Socket, received: Buffer) => void,
): ImitatedService {
  return {
    kind,
    talk: (socket) => {
      let received: Buffer = Buffer.alloc(0)
      socket.on('data', (chunk) => {
        // enough to decide; a flood does not fill the memory of a test
        if (received.length < 65_536) received = Buffer.concat([received, chunk])
        react(socket, received)
      })
    },
  }
}

/** Sends without a pause, and no faster than the visitor reads. */
export function flooding(kind: string | undefined, next: () => string | Uint8Array): ImitatedService {
  return {
    kind,
    talk: (socket) => {
      socket.resume()
      const fill = () => {
        let hasRoom = true
        while (hasRoom && !socket.destroyed && socket.writable) hasRoom = socket.write(next())
      }
      socket.on('drain', fill)
      fill()
    },
  }
}
