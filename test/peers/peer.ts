import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { equalBytes } from '../../src/base/bytes.ts'
import type { Client, ClientSetup, Command } from './client.ts'
import { ClientProcess } from './client-process.ts'
import { aria2 } from './clients/aria2.ts'
import { libtorrent } from './clients/libtorrent.ts'
import { qbittorrent } from './clients/qbittorrent.ts'
import { transmission } from './clients/transmission.ts'
import { webtorrent } from './clients/webtorrent.ts'
import type { PeerKind, PeerOptions, RunningPeer } from './options.ts'
import { reservePort, type ReservedPort } from './ports.ts'
import { probeEncryption, probeHandshake, probeUtpEncryption, probeUtpHandshake } from './probe.ts'
import { torrentIdentity } from './torrent-identity.ts'

export type { PeerKind, PeerOptions, RunningPeer } from './options.ts'
export { PEER_KINDS } from './options.ts'

const CLIENTS: Readonly<Record<PeerKind, Client>> = {
  transmission,
  aria2,
  libtorrent,
  qbittorrent,
  webtorrent,
}

/** With this set only the clients that it names are looked for, by name and separated by commas; `none` names none. */
const WANTED = process.env['PEERWIRE_PEERS']?.split(',')

/** Why a client cannot run here, or undefined when it can. */
export function missingReason(kind: PeerKind): string | undefined {
  return WANTED?.includes(kind) === false ? 'PEERWIRE_PEERS leaves it out' : CLIENTS[kind].missingReason()
}

/**
 * Starts a real client on a free loopback port and resolves when it answers a handshake: in plaintext, with MSE where
 * encryption is required, over uTP where there is no TCP. The probes come from other loopback addresses than 127.0.0.1.
 * @throws Error when the client cannot do what is asked, or with the end of its log when it does not get there
 */
export async function startPeer(kind: PeerKind, options: PeerOptions): Promise<RunningPeer> {
  const client = CLIENTS[kind]
  const unsupported = client.unsupported(options)
  if (unsupported !== undefined) throw new Error(`${kind} cannot do this: ${unsupported}`)
  const missing = missingReason(kind)
  if (missing !== undefined) throw new Error(missing)

  const ports = await reservePorts(options.listen ?? '127.0.0.1')
  const setup = await prepareSetup(kind, options, ports)
  const command = await client.prepare(setup)
  const process = new ClientProcess(kind, command.program, command.args, setup.stateFolder)
  const stop = () => stopAll(process, command, ports)
  // not a guess at a race: the client itself counts this time from the end of the last connection
  const takesAnother = () => delay(client.refusesReconnectMs ?? 0)
  try {
    const version = await client.load(setup, process)
    await process.until('an answered handshake', () => answersHandshake(setup))
    // over IPv6 the probe had to use the one loopback address that the test will use too
    if (setup.host === '::1') await takesAnother()
    return {
      kind,
      version,
      host: setup.host,
      port: setup.port,
      rpcPort: setup.rpcPort,
      pid: process.pid,
      stateFolder: setup.stateFolder,
      log: () => process.log(),
      completed: async (timeoutMs) => {
        await process.until('all data', () => client.isComplete(setup, process), timeoutMs)
      },
      removeTorrent: () => client.removeTorrent(setup, process),
      takesAnother,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Ports {
  readonly peer: ReservedPort
  readonly rpc: ReservedPort
}

async function reservePorts(host: string): Promise<Ports> {
  return { peer: await reservePort(host), rpc: await reservePort('127.0.0.1') }
}

async function prepareSetup(kind: PeerKind, options: PeerOptions, ports: Ports): Promise<ClientSetup> {
  const { torrent, listen = '127.0.0.1' } = options
  const torrentBytes = typeof torrent === 'string' ? new Uint8Array(await readFile(torrent)) : torrent
  const identity = torrentIdentity(torrentBytes)
  const stateFolder = await mkdtemp(join(tmpdir(), `peerwire-${kind}-`))
  const torrentPath = join(stateFolder, 'test.torrent')
  await writeFile(torrentPath, torrentBytes)
  return {
    options,
    torrentPath,
    torrentBytes,
    identity,
    stateFolder,
    host: listen,
    port: ports.peer.port,
    rpcPort: ports.rpc.port,
  }
}

async function answersHandshake(setup: ClientSetup): Promise<boolean> {
  const { encryption = 'allow', transport = 'tcp' } = setup.options
  const to = { host: setup.host, port: setup.port }
  const overUtp = transport === 'utp'
  if (encryption !== 'allow' && encryption !== 'off') {
    return (await (overUtp ? probeUtpEncryption(to) : probeEncryption(to))) !== undefined
  }
  const { handshakeInfoHash } = setup.identity
  const probe = overUtp ? probeUtpHandshake : probeHandshake
  const answer = await probe(to, handshakeInfoHash)
  return answer !== undefined && equalBytes(answer.subarray(28, 48), handshakeInfoHash)
}

async function stopAll(process: ClientProcess, command: Command, ports: Ports): Promise<void> {
  await process.stop()
  await command.dispose?.()
  ports.peer.release()
  ports.rpc.release()
}
