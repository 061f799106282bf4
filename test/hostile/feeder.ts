import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'
import { theirHandshake } from '../support/sessions/session.ts'
import { chunksOf, type Flood } from './floods.ts'

/** The other end of a flood, as a process of its own: its memory and its time are not those that are looked at. */
export async function feed(port: number, flood: Flood, length: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  await pour(socket, flood, length)
}

/** The same for whoever connects first; says on stdout where. */
export async function serveFlood(flood: Flood, length: number): Promise<void> {
  const server = createServer({ noDelay: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  console.log((server.address() as AddressInfo).port)
  const [socket] = (await once(server, 'connection')) as [Socket]
  socket.on('error', () => undefined)
  server.close()
  await pour(socket, flood, length)
}

async function pour(socket: Socket, flood: Flood, length: number): Promise<void> {
  socket.resume()
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
