import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { theirHandshake } from '../support/session.ts'
import { chunksOf, type Flood } from './floods.ts'

/** The other end of a flood, as a process of its own: its memory and its time are not those that are looked at. */
export async function feed(port: number, flood: Flood, length: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.on('error', () => undefined)
  socket.resume()
  await once(socket, 'connect')
  socket.write(theirHandshake(['fast', 'extension-protocol']))
  let fed = 0
  for (const chunk of chunksOf(flood)) {
    if (fed >= length || socket.destroyed) break
    fed += chunk.length
    if (!socket.write(chunk)) await drained(socket)
  }
  socket.end()
}

/** A connection that is closed will never drain. */
async function drained(socket: Socket): Promise<void> {
  const done = new AbortController()
  const { signal } = done
  await Promise.race([once(socket, 'drain', { signal }), once(socket, 'close', { signal })]).catch(
    () => undefined,
  )
  done.abort()
}
