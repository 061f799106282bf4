import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { PeerError } from '../../src/base/errors.ts'
import { PeerConnection } from '../../src/net/peer-connection.ts'
import { listenTcp } from '../../src/net/tcp.ts'
import type { Transport } from '../../src/net/transport.ts'
import { TORRENT } from '../support/session.ts'
import { FLOODS, type Flood, type FloodOutcome } from './floods.ts'
import { ResidentMemory } from './resident-memory.ts'

/** Lets another process flood a connection on loopback, whose reader takes everything and keeps nothing. */
export async function floodConnection(flood: Flood, length: number): Promise<FloodOutcome> {
  const waiting: ((transport: Transport) => void)[] = []
  const accepted = new Promise<Transport>((resolve) => waiting.push(resolve))
  const listener = await listenTcp({ address: '127.0.0.1', port: 0, family: 4 }, (transport) =>
    waiting.pop()?.(transport),
  )
  const exited = once(startFeeder(listener.address.port, flood, length), 'exit')
  try {
    return await readAll(await accepted, new ResidentMemory(length))
  } finally {
    await exited
    await listener.close()
  }
}

/** This program again, as a peer. */
function startFeeder(port: number, flood: Flood, length: number) {
  const program = process.argv[1]
  if (program === undefined) throw new Error('this program has no file')
  const which = ['--feed', String(port), '--case', String(FLOODS.indexOf(flood))]
  const args = [program, ...which, '--megabytes', String(length / 1024 / 1024)]
  return spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] })
}

async function readAll(transport: Transport, memory: ResidentMemory): Promise<FloodOutcome> {
  const counted = { messages: 0, bytes: 0 }
  const look = (messages: number) => {
    counted.messages += messages
    memory.fed(transport.bytesReceived - counted.bytes)
    counted.bytes = transport.bytesReceived
  }
  let code: string | undefined
  try {
    const connection = await PeerConnection.accept(transport, {
      find: () => TORRENT,
      features: ['fast', 'extension-protocol'],
      handshakeTimeoutMs: 10_000,
    })
    for await (const batch of connection.batches()) look(batch.length)
  } catch (error) {
    if (!(error instanceof PeerError)) throw error
    code = error.code
  }
  // the frame that never became whole
  look(0)
  return { memory, messages: counted.messages, code }
}
