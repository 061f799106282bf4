import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client, ClientSetup, RemoteControl } from '../client.ts'
import { request } from '../http.ts'
import type { PeerEncryption } from '../options.ts'
import { missingProgram } from '../programs.ts'
import { startTracker, type Tracker } from '../tracker.ts'

const SESSION_HEADER = 'x-transmission-session-id'
const STATUS_STOPPED = 0
const STATUS_DOWNLOADING = 4
const STATUS_SEEDING = 6

/** Its own levels: it has no "off", and its RC4 or plaintext inside MSE is the other side's choice. */
const ENCRYPTION: Readonly<Partial<Record<PeerEncryption, number>>> = { allow: 0, require: 2 }

const TRACKERS = new WeakMap<ClientSetup, Tracker>()

export const transmission: Client = {
  missingReason: () => missingProgram('transmission-daemon'),

  // seen: refused after 0.3 s, taken after 0.5 s
  refusesReconnectMs: 700,

  unsupported({ encryption = 'allow', transport, connectTo, names }) {
    if (names !== undefined) return 'the names of another client'
    if (ENCRYPTION[encryption] === undefined) return `encryption ${encryption}`
    if (transport === 'utp') return 'uTP without TCP'
    return connectTo?.host.startsWith('127.') ? 'dialling a loopback address' : undefined
  },

  async prepare(setup) {
    await writeFile(join(setup.stateFolder, 'settings.json'), JSON.stringify(settings(setup)))
    const command = { program: 'transmission-daemon', args: ['-f', '-g', setup.stateFolder, '--log-debug'] }
    const { connectTo } = setup.options
    if (connectTo === undefined) return command
    // the only way in for an address: it has no command to add a peer
    const tracker = await startTracker(connectTo)
    TRACKERS.set(setup, tracker)
    return { ...command, dispose: tracker.stop }
  },

  async load(setup, process) {
    const session = await process.until('the RPC', () => callTransmission(setup, 'session-get'))
    const metainfo = Buffer.from(setup.torrentBytes).toString('base64')
    await callTransmission(setup, 'torrent-add', {
      metainfo,
      'download-dir': setup.options.dataFolder,
      paused: true,
    })
    // it takes files of the right size on trust until it is told to look
    await callTransmission(setup, 'torrent-verify')
    await process.until('verified data', async () => {
      const { status, recheckProgress, haveValid, totalSize } = await torrent(setup)
      if (setup.options.role !== 'download') return status === STATUS_STOPPED && haveValid === totalSize
      return status === STATUS_STOPPED && recheckProgress === 0
    })
    const tracker = TRACKERS.get(setup)
    if (tracker !== undefined) await callTransmission(setup, 'torrent-set', { trackerAdd: [tracker.url] })
    await callTransmission(setup, 'torrent-start-now')
    await process.until('a running torrent', async () => {
      const { status } = await torrent(setup)
      return status === STATUS_SEEDING || (setup.options.role === 'download' && status === STATUS_DOWNLOADING)
    })
    return String(session['version'])
  },

  async removeTorrent(setup) {
    // without ids: all
    await callTransmission(setup, 'torrent-remove')
  },

  async isComplete(setup) {
    const { haveValid, totalSize } = await torrent(setup)
    return haveValid === totalSize
  },
}

function settings({ host, port, rpcPort, options }: ClientSetup) {
  return {
    // the other family is bound to loopback as well: by default it would listen on every address
    'bind-address-ipv4': '127.0.0.1',
    'bind-address-ipv6': '::1',
    'peer-port': port,
    'peer-port-random-on-start': false,
    encryption: ENCRYPTION[options.encryption ?? 'allow'],
    'utp-enabled': options.transport === 'both',
    'dht-enabled': false,
    'lpd-enabled': false,
    'pex-enabled': false,
    'port-forwarding-enabled': false,
    'rpc-enabled': true,
    'rpc-bind-address': '127.0.0.1',
    'rpc-port': rpcPort,
    'rpc-authentication-required': false,
    'rpc-whitelist-enabled': false,
    'rpc-host-whitelist-enabled': false,
    'blocklist-enabled': false,
    'watch-dir-enabled': false,
    'download-queue-enabled': false,
    'seed-queue-enabled': false,
    'trash-original-torrent-files': false,
    'rename-partial-files': false,
    umask: 18,
    'message-level': host === '::1' ? 3 : 2,
  }
}

type Json = Readonly<Record<string, unknown>>

/** One call of its remote control. */
export async function callTransmission(
  { rpcPort }: RemoteControl,
  method: string,
  args: Json = {},
): Promise<Json> {
  const url = `http://127.0.0.1:${rpcPort}/transmission/rpc`
  const body = JSON.stringify({ method, arguments: args })
  const refused = await request(url, body)
  const session = refused.headers.get(SESSION_HEADER) ?? ''
  const answer = await request(url, body, { [SESSION_HEADER]: session })
  const { result, arguments: values } = JSON.parse(answer.text) as { result: string; arguments: Json }
  if (result !== 'success') throw new Error(`${method}: ${result}`)
  return values
}

interface TorrentState {
  readonly status: number
  readonly recheckProgress: number
  readonly haveValid: number
  readonly totalSize: number
}

async function torrent(setup: ClientSetup): Promise<TorrentState> {
  const fields = ['status', 'recheckProgress', 'haveValid', 'totalSize']
  const { torrents } = await callTransmission(setup, 'torrent-get', { fields })
  const [state] = torrents as readonly TorrentState[]
  if (state === undefined) throw new Error('no torrent')
  return state
}
