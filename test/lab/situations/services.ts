import { spawn } from 'node:child_process'
import type { CauseCode } from '../../../src/diagnose/cause/causes.ts'
import { missingReason, startPeer } from '../../peers/peer.ts'
import { frozenServer, nobody } from '../../support/peers/bad-peers.ts'
import { startService, type ServiceName } from '../../support/services/services.ts'
import { NOTHING_SHARED, station, type Made, type Situation, type Truth } from '../situation.ts'
import { byFile, type World } from '../world.ts'

/** Closes without a word, whatever is sent, and there is no UDP socket. */
const CLOSES_AT_ONCE: readonly CauseCode[] = [
  'no-backend',
  'address-filtered',
  'connection-limit',
  'no-active-torrent',
]

const TRUTHS: Readonly<Partial<Record<ServiceName, Truth>>> = {
  http: { causes: ['http-server'] },
  'http-patient': { causes: ['http-server'] },
  'http-strict': { causes: ['http-server'] },
  tls: { causes: ['tls-service'] },
  'tls-strict': { causes: ['tls-service'] },
  'tls-refusing': { causes: ['tls-service'] },
  socks5: { causes: ['socks-proxy'] },
  redis: { causes: ['other-service'], also: ['not-bittorrent'] },
  memcached: { causes: ['not-bittorrent'], also: ['other-service'] },
  ssh: { causes: ['other-service'], also: ['not-bittorrent'] },
  smtp: { causes: ['other-service'], also: ['not-bittorrent'] },
  ftp: { causes: ['other-service'], also: ['not-bittorrent'] },
  mysql: { causes: ['other-service'], also: ['not-bittorrent'] },
  vnc: { causes: ['other-service'], also: ['not-bittorrent'] },
  telnet: { causes: ['other-service'], also: ['not-bittorrent'] },
  irc: { causes: ['other-service'], also: ['not-bittorrent'] },
  'late-banner': { causes: ['other-service'], also: ['not-bittorrent'] },
  echo: { causes: ['echo'] },
  chargen: { causes: ['not-bittorrent'], also: ['other-service'] },
  'random-flood': { causes: ['not-bittorrent'] },
  'random-answers': { causes: ['not-bittorrent'] },
  discard: { causes: ['silent-service'], ambiguous: ['silent-service', 'frozen', 'not-bittorrent'] },
  postgres: {
    causes: ['not-bittorrent'],
    ambiguous: [
      'not-bittorrent',
      'torrent-unknown',
      'torrent-inactive',
      'encryption-required',
      'plaintext-filtered',
      'no-backend',
      'address-filtered',
      'connection-limit',
      'bits-refused',
    ],
  },
  'closes-at-once': { causes: ['no-backend'], ambiguous: CLOSES_AT_ONCE },
  'resets-at-once': { causes: ['no-backend'], ambiguous: [...CLOSES_AT_ONCE, 'firewall-rejects'] },
  'closes-by-timer': {
    causes: ['not-bittorrent'],
    also: ['silent-service'],
    ambiguous: ['not-bittorrent', 'silent-service', 'frozen', 'no-backend'],
  },
}

function isService(name: string): name is ServiceName {
  return name in TRUTHS
}

/** Memcached and others answer whatever they are asked: a line that no list has is enough. */
const IMITATED = Object.entries(TRUTHS).flatMap(
  ([name, truth]): readonly Situation<typeof NOTHING_SHARED>[] => {
    if (!isService(name)) return []
    return [
      {
        name: `a service: ${name}`,
        ...truth,
        make: async (_, world) => {
          const service = await startService(name)
          return at(world, `127.0.0.1:${service.port}`, () => service.stop())
        },
      },
    ]
  },
)

async function at(world: World, peer: string, cleanup: () => Promise<unknown>): Promise<Made> {
  return { peer, target: byFile(await world.torrent('usual')), cleanup }
}

const OTHERS: readonly Situation<typeof NOTHING_SHARED>[] = [
  {
    name: 'nothing listens',
    causes: ['nothing-listens'],
    make: async (_, world) => at(world, (await nobody()).address, () => Promise.resolve()),
  },
  {
    name: 'a frozen process with a short queue',
    causes: ['frozen'],
    ambiguous: ['frozen', 'silent-service', 'filtered', 'tcp-filtered', 'changed'],
    isFleeting: true,
    make: async (_, world) => {
      const server = await frozenServer()
      return at(world, server.address, () => server.stop())
    },
  },
  {
    name: 'a name without an address',
    causes: ['name-unknown'],
    make: (_, world) => at(world, 'nobody.invalid:6881', () => Promise.resolve()),
  },
  {
    name: 'a web server of Python',
    causes: ['http-server'],
    make: async (_, world) => {
      const { port, stop } = await startHttpServer(world)
      return at(world, `127.0.0.1:${port}`, stop)
    },
  },
]

async function startHttpServer(world: World): Promise<{ port: number; stop: () => Promise<void> }> {
  const script =
    'import http.server,socketserver;s=socketserver.TCPServer(("127.0.0.1",0),http.server.SimpleHTTPRequestHandler);print(s.server_address[1],flush=True);s.serve_forever()'
  const child = spawn('/usr/bin/python3', ['-u', '-c', script], {
    cwd: world.folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const port = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.stdout.once('data', (text: Buffer) => resolve(Number(text.toString())))
  })
  return {
    port,
    stop: () => {
      child.kill('SIGKILL')
      return closed
    },
  }
}

export const SERVICES_STATION = station({
  name: 'other services',
  missing: () => undefined,
  start: async () => NOTHING_SHARED,
  situations: [...IMITATED, ...OTHERS],
})

/** Stopped clients, and ports of clients that are not for peers. */
const MISTAKEN: readonly Situation<typeof NOTHING_SHARED>[] = [
  {
    name: 'Transmission: its web interface',
    causes: ['http-server'],
    make: async (_, world) => {
      const { torrentPath, dataFolder } = await world.torrent('usual')
      const running = await startPeer('transmission', { torrent: torrentPath, dataFolder })
      return at(world, `127.0.0.1:${running.rpcPort}`, () => running.stop())
    },
  },
  {
    name: 'Transmission is frozen',
    causes: ['frozen'],
    ambiguous: ['frozen', 'silent-service', 'not-bittorrent'],
    make: async (_, world) => {
      const { torrentPath, dataFolder } = await world.torrent('usual')
      const running = await startPeer('transmission', { torrent: torrentPath, dataFolder, transport: 'both' })
      process.kill(running.pid, 'SIGSTOP')
      return at(world, `127.0.0.1:${running.port}`, () => running.stop())
    },
  },
]

export const MISTAKEN_PORTS = station({
  name: 'Transmission, other than usual',
  missing: () => missingReason('transmission'),
  start: async () => NOTHING_SHARED,
  situations: MISTAKEN,
})
