import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atExit } from './at-exit.ts'

/** Below Linux's ephemeral ports, so that no outgoing connection takes one between our look and the client's. */
const FIRST_PORT = 20_000
const LAST_PORT = 31_999

export interface ReservedPort {
  readonly port: number
  release(): void
}

/** A port that is free for TCP and UDP on `host`, and that no other test process gets until it is released. */
export async function reservePort(host: string): Promise<ReservedPort> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1)
    const claim = join(tmpdir(), `peerwire-port-${port}`)
    if (!tryClaim(claim)) continue
    const remove = () => rmSync(claim, { force: true })
    const forget = atExit(remove)
    const release = () => {
      forget()
      remove()
    }
    if (await isFree(host, port)) return { port, release }
    release()
  }
  throw new Error(`no free port on ${host} between ${FIRST_PORT} and ${LAST_PORT}`)
}

function tryClaim(claim: string): boolean {
  try {
    writeFileSync(claim, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    if (isOwned(claim)) return false
    // left by a process that was killed: the next attempt may take it
    rmSync(claim, { force: true })
    return false
  }
}

function isOwned(claim: string): boolean {
  try {
    const pid = Number(readFileSync(claim, 'utf8'))
    // pid 0: just created, its owner has not written yet
    if (pid === 0) return true
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer()
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  try {
    server.listen({ host, port, exclusive: true })
    await once(server, 'listening')
    socket.bind({ address: host, port, exclusive: true })
    await once(socket, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
    socket.close()
  }
}
