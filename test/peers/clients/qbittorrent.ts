import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toHex } from '../../../src/base/bytes.ts'
import type { Client, ClientSetup, RemoteControl } from '../client.ts'
import { request } from '../http.ts'
import type { PeerEncryption, PeerTransport } from '../options.ts'
import { missingProgram } from '../programs.ts'

/** Whoever is let in with MSE gets RC4: it offers no choice. */
const ENCRYPTION: Readonly<Partial<Record<PeerEncryption, number>>> = {
  allow: 0,
  require: 1,
  'rc4-only': 1,
  off: 2,
}

const TRANSPORT: Readonly<Record<PeerTransport, string>> = { tcp: 'TCP', utp: 'UTP', both: 'Both' }

export const qbittorrent: Client = {
  missingReason: () => missingProgram('qbittorrent-nox'),

  unsupported({ encryption = 'allow', names }) {
    if (names !== undefined) return 'the names of another client'
    return ENCRYPTION[encryption] === undefined ? `encryption ${encryption}` : undefined
  },

  async prepare(setup) {
    const folder = join(setup.stateFolder, 'qBittorrent', 'config')
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'qBittorrent.conf'), configuration(setup))
    const args = [`--profile=${setup.stateFolder}`, `--webui-port=${setup.rpcPort}`]
    return { program: 'qbittorrent-nox', args }
  },

  async load(setup, process) {
    const version = await process.until('the web API', () => callQbittorrent(setup, 'app/version'))
    const form = new FormData()
    form.set('torrents', new Blob([new Uint8Array(setup.torrentBytes)]), 'test.torrent')
    form.set('savepath', setup.options.dataFolder)
    form.set('contentLayout', 'Original')
    await callQbittorrent(setup, 'torrents/add', form)
    await process.until('verified data', async () => {
      const { state } = await torrent(setup)
      if (state === 'stalledUP' || state === 'uploading') return true
      return setup.options.role === 'download' && (state === 'stalledDL' || state === 'downloading')
    })
    await addPeer(setup)
    return version
  },

  async removeTorrent(setup, process) {
    await callQbittorrent(
      setup,
      'torrents/delete',
      new URLSearchParams({ hashes: 'all', deleteFiles: 'false' }),
    )
    await process.until('no torrent', async () => (await callQbittorrent(setup, 'torrents/info')) === '[]')
  },

  async isComplete(setup) {
    const { progress, state } = await torrent(setup)
    return progress === 1 && (state === 'stalledUP' || state === 'uploading')
  },
}

function configuration({ host, port, rpcPort, options }: ClientSetup): string {
  return `[LegalNotice]
Accepted=true

[BitTorrent]
Session\\Port=${port}
Session\\Interface=lo
Session\\InterfaceName=lo
Session\\InterfaceAddress=${host}
Session\\DHTEnabled=false
Session\\LSDEnabled=false
Session\\PeXEnabled=false
Session\\AddTrackersEnabled=false
Session\\Encryption=${ENCRYPTION[options.encryption ?? 'allow']}
Session\\BTProtocol=${TRANSPORT[options.transport ?? 'tcp']}
Session\\QueueingSystemEnabled=false
Session\\MultiConnectionsPerIp=true
Session\\TempPathEnabled=false

[Network]
PortForwardingEnabled=false

[Preferences]
Connection\\ResolvePeerCountries=false
WebUI\\Address=127.0.0.1
WebUI\\Port=${rpcPort}
WebUI\\UseUPnP=false
WebUI\\LocalHostAuth=false
WebUI\\CSRFProtection=false
WebUI\\HostHeaderValidation=false
`
}

/** One call of its remote control. */
export async function callQbittorrent(
  { rpcPort }: RemoteControl,
  path: string,
  body?: FormData | URLSearchParams,
): Promise<string> {
  const answer = await request(`http://127.0.0.1:${rpcPort}/api/v2/${path}`, body)
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`)
  return answer.text
}

interface TorrentState {
  readonly state: string
  readonly progress: number
}

async function torrent(setup: ClientSetup): Promise<TorrentState> {
  const [state] = JSON.parse(await callQbittorrent(setup, 'torrents/info')) as readonly TorrentState[]
  if (state === undefined) throw new Error('no torrent')
  return state
}

async function addPeer(setup: ClientSetup): Promise<void> {
  const { connectTo } = setup.options
  if (connectTo === undefined) return
  const host = connectTo.host.includes(':') ? `[${connectTo.host}]` : connectTo.host
  // its ids are the v1 info hash, or the first 20 bytes of the v2 one
  const hashes = toHex(setup.identity.handshakeInfoHash)
  const body = new URLSearchParams({ hashes, peers: `${host}:${connectTo.port}` })
  await callQbittorrent(setup, 'torrents/addPeers', body)
}
