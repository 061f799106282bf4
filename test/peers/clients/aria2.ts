import type { Client, ClientSetup, RemoteControl } from '../client.ts'
import { request } from '../http.ts'
import type { PeerEncryption } from '../options.ts'
import { missingProgram } from '../programs.ts'
import { startTracker } from '../tracker.ts'

const ENCRYPTION: Readonly<Partial<Record<PeerEncryption, readonly string[]>>> = {
  allow: [],
  require: ['--bt-require-crypto=true', '--bt-min-crypto-level=plain'],
  'rc4-only': ['--bt-require-crypto=true', '--bt-min-crypto-level=arc4'],
}

export const aria2: Client = {
  missingReason: () => missingProgram('aria2c'),

  unsupported({ encryption = 'allow', transport = 'tcp', listen }) {
    if (ENCRYPTION[encryption] === undefined) return `encryption ${encryption}`
    if (transport !== 'tcp') return 'uTP'
    return listen === '::1' ? 'IPv6 bound to one address' : undefined
  },

  async prepare(setup) {
    const { connectTo } = setup.options
    if (connectTo === undefined) return { program: 'aria2c', args: commandLine(setup) }
    // the only way in for an address: it has no command to add a peer
    const tracker = await startTracker(connectTo)
    return {
      program: 'aria2c',
      args: [`--bt-tracker=${tracker.url}`, ...commandLine(setup)],
      dispose: tracker.stop,
    }
  },

  async load(setup, process) {
    const { version } = await process.until('the RPC', () =>
      callAria2<{ version: string }>(setup, 'getVersion'),
    )
    await process.until('verified data', async () => {
      const state = await torrent(setup)
      if (state === undefined || state.verifiedLength !== undefined || state.verifyIntegrityPending)
        return false
      return setup.options.role === 'download' || state.seeder === 'true'
    })
    return version
  },

  async removeTorrent(setup, process) {
    const { gid } = (await torrent(setup)) ?? {}
    await callAria2(setup, 'forceRemove', gid)
    await process.until('no torrent', async () => (await torrent(setup)) === undefined)
  },

  async isComplete(setup) {
    const state = await torrent(setup)
    return state?.seeder === 'true' && state.verifiedLength === undefined
  },
}

function commandLine({ options, torrentPath, port, rpcPort, host }: ClientSetup): readonly string[] {
  return [
    '--no-conf',
    '--enable-rpc',
    '--rpc-listen-all=false',
    `--rpc-listen-port=${rpcPort}`,
    `--listen-port=${port}`,
    `--interface=${host}`,
    '--disable-ipv6=true',
    '--enable-dht=false',
    '--enable-dht6=false',
    '--bt-enable-lpd=false',
    '--enable-peer-exchange=false',
    '--seed-ratio=0.0',
    '--check-integrity=true',
    '--bt-hash-check-seed=true',
    '--file-allocation=none',
    '--allow-overwrite=false',
    // no control file next to data that others share
    '--auto-save-interval=0',
    '--summary-interval=0',
    '--console-log-level=info',
    '--enable-color=false',
    ...(ENCRYPTION[options.encryption ?? 'allow'] ?? []),
    ...(options.names === undefined
      ? []
      : [`--peer-id-prefix=${options.names.peerIdPrefix}`, `--peer-agent=${options.names.version}`]),
    `--dir=${options.dataFolder}`,
    torrentPath,
  ]
}

interface TorrentState {
  readonly gid?: string
  readonly seeder?: string
  readonly verifiedLength?: string
  readonly verifyIntegrityPending?: string
}

async function torrent(setup: ClientSetup): Promise<TorrentState | undefined> {
  const [state] = await callAria2<readonly TorrentState[]>(setup, 'tellActive')
  return state
}

/** One call of its remote control. */
export async function callAria2<T>(
  { rpcPort }: RemoteControl,
  method: string,
  ...params: readonly unknown[]
): Promise<T> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: method, method: `aria2.${method}`, params })
  const { text } = await request(`http://127.0.0.1:${rpcPort}/jsonrpc`, body)
  const answer = JSON.parse(text) as { result?: T; error?: { message: string } }
  if (answer.result === undefined) throw new Error(`${method}: ${answer.error?.message}`)
  return answer.result
}
