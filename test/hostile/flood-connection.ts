import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { PeerError } from '../../src/base/errors.ts'
import { PeerConnection } from '../../src/net/connection/peer-connection.ts'
import { dialTcp, listenTcp } from '../../src/net/tcp/tcp.ts'
import type { Transport } from '../../src/net/transport.ts'
import { TORRENT } from '../support/sessions/session.ts'
import { FLOODS, type Flood, type FloodOutcome } from './floods.ts'
import { ResidentMemory } from './resident-memory.ts'

const FEATURES = ['fast', 'extension-protocol'] as const
const LOOPBACK = { address: '127.0.0.1', port: 0, family: 4 } as const

/** Who is flooded: the side that dialled, or the side that was connected to. */
export type FloodedSide = 'initiator' | 'acceptor'

/** Lets another process flood a connection on loopback, whose reader takes everything and keeps nothing. */
export async function floodConnection(
  side: FloodedSide,
  flood: Flood,
  length: number,
): Promise<FloodOutcome> {
  const memory = new ResidentMemory(length)
  return side === 'acceptor' ? floodAcceptor(flood, length, memory) : floodInitiator(flood, length, memory)
}

async function floodAcceptor(flood: Flood, length: number, memory: ResidentMemory): Promise<FloodOutcome> {
  const waiting: ((transport: Transport) => void)[] = []
  const accepted = new Promise<Transport>((resolve) => waiting.push(resolve))
  const listener = await listenTcp(LOOPBACK, (transport) => waiting.pop()?.(transport))
  const feeder = startFeeder(['--feed', String(listener.address.port)], flood, length)
  const exited = once(feeder, 'exit')
  try {
    const transport = await accepted
    const open = PeerConnection.accept(transport, { find: () => TORRENT, features: FEATURES })
    return await readAll(open, transport, memory)
  } finally {
    await exited
    await listener.close()
  }
}

async function floodInitiator(flood: Flood, length: number, memory: ResidentMemory): Promise<FloodOutcome> {
  const feeder = startFeeder(['--serve'], flood, length)
  const exited = once(feeder, 'exit')
  try {
    const port = await portOf(feeder)
    const transport = await dialTcp({ ...LOOPBACK, port }, { timeoutMs: 10_000 })
    const open = PeerConnection.connect(transport, { torrent: TORRENT, features: FEATURES })
    return await readAll(open, transport, memory)
  } finally {
    await exited
  }
}

/** This program again, as a peer. */
function startFeeder(how: readonly string[], flood: Flood, length: number): ChildProcess {
  const program = process.argv[1]
  if (program === undefined) throw new Error('this program has no file')
  const which = [...how, '--case', String(FLOODS.indexOf(flood))]
  const args = [program, ...which, '--megabytes', String(length / 1024 / 1024)]
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** The port on which a feeder says that it listens. */
async function portOf({ stdout }: ChildProcess): Promise<number> {
  if (stdout === null) throw new Error('the feeder has no output')
  const [line] = (await once(stdout, 'data')) as [Buffer]
  return Number(line.toString())
}

async function readAll(
  opening: Promise<PeerConnection>,
  transport: Transport,
  memory: ResidentMemory,
): Promise<FloodOutcome> {
  const counted = { messages: 0, bytes: 0 }
  const look = (messages: number) => {
    counted.messages += messages
    memory.fed(transport.bytesReceived - counted.bytes)
    counted.bytes = transport.bytesReceived
  }
  let code: string | undefined
  try {
    const connection = await opening
    while (await connection.untilMessages(Number.POSITIVE_INFINITY)) look(connection.takeMessages().length)
  } catch (error) {
    if (!(error instanceof PeerError)) throw error
    // the end of every flood that was read to its end
    if (error.code !== 'E_SESSION_CLOSED') code = error.code
  }
  // the frame that never became whole
  look(0)
  return { memory, messages: counted.messages, code }
}
