import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { startPeer } from './scripted-peer.ts'

/** A faulty peer, or none, on a port to diagnose. */
export interface BadPeer {
  /** `127.0.0.1:PORT` */
  readonly address: string
  stop(): Promise<void>
}

/** A server whose connections are handled by one function. */
export async function badPeer(onConnection: (socket: Socket) => void): Promise<BadPeer> {
  const peer = await startPeer(onConnection, { allowHalfOpen: false })
  return { address: `${peer.host}:${peer.port}`, stop: () => peer.stop() }
}

/** A port of this machine without a listener: it was just free. */
export async function nobody(): Promise<BadPeer> {
  const peer = await badPeer(() => undefined)
  await peer.stop()
  return peer
}

/** Listens, and then blocks before it accepts anything. */
const FROZEN_SERVER = `
  const server = require('node:net').createServer()
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('node:fs').writeSync(1, String(server.address().port))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })`

/** A process that listens and hangs: its system accepts two connections for it, and drops the attempts after that. */
export async function frozenServer(): Promise<BadPeer> {
  const server = spawn(process.execPath, ['-e', FROZEN_SERVER], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [port] = (await once(server.stdout, 'data')) as [Buffer]
  return {
    address: `127.0.0.1:${port.toString()}`,
    stop: async () => {
      const ended = once(server, 'exit')
      server.kill('SIGKILL')
      await ended
    },
  }
}

/**
 * A port that drops every connection attempt, like a firewall: its server accepts nothing and its backlog is full.
 * Without root, this is the only way to lose a SYN on loopback.
 */
export async function filteredPort(): Promise<BadPeer> {
  const server = await frozenServer()
  const port = Number(server.address.split(':')[1])
  const fillers = Array.from({ length: 8 }, () => connect(port, '127.0.0.1'))
  for (const filler of fillers) filler.on('error', () => undefined)
  // a backlog of one holds two connections
  await Promise.all(fillers.slice(0, 2).map((filler) => once(filler, 'connect')))
  return {
    address: server.address,
    stop: async () => {
      for (const filler of fillers) filler.destroy()
      await server.stop()
    },
  }
}
