import { fileURLToPath } from 'node:url'
import { PYTHON } from '../../../peers/clients/libtorrent.ts'
import { missingReason, startPeer } from '../../../peers/peer.ts'
import { canMakeNamespaces } from '../../../support/processes/network-namespace.ts'
import { TCP_ONLY } from '../../clients/libtorrent-host.ts'
import { startServe } from '../../clients/serve.ts'
import { narrowLink, startBadRouter, type Treatment } from '../../network/bad-router.ts'
import { cuttingPlaintext, passThrough, startRelay } from '../../network/relay.ts'
import { PEER_ADDRESS, routedNetwork, type RoutedNetwork } from '../../network/routed.ts'
import { byNumber, firstOfAMinute, impatient, refusing, resetting } from '../../set/path.ts'
import { startUntilOutput } from '../../set/process.ts'
import { libtorrent } from '../../set/seeders.ts'
import type { SetSituation, Starting } from '../../set/situation.ts'
import { HASH_REFUSED, NO_PROOF_AT_ALL, PLAINTEXT_REFUSED } from '../../truths.ts'
import { byFile, type World } from '../../world.ts'

const PORT = 6881
const PEER = `${PEER_ADDRESS}:${PORT}`
const SCRIPT = fileURLToPath(new URL('../../../peers/clients/libtorrent_peer.py', import.meta.url))

/** What runs on the machine of the peer. */
interface Client {
  readonly encryption?: 'allow' | 'require'
  readonly transport?: 'tcp' | 'utp' | 'both'
  /** Default: the torrent that is asked for. */
  readonly seeds?: 'usual' | 'other'
}

/** A libtorrent two hops away, behind a router that is changed. */
const libtorrentBehind = (
  change: (network: RoutedNetwork, starting: Starting) => Promise<unknown>,
  { encryption = 'allow', transport = 'both', seeds = 'usual' }: Client = {},
): SetSituation['make'] => {
  return async (world, starting) => {
    const network = await routed(starting)
    const missing = missingReason('libtorrent')
    if (missing !== undefined) throw new Error(missing)
    const { torrentPath, dataFolder } = await world.torrent(seeds)
    const settings = {
      ...{ torrent: torrentPath, dataFolder, host: PEER_ADDRESS, port: PORT, encryption, transport },
      ...{ onePeerPerAddress: false, superSeeding: false, peerLog: false },
    }
    const command = [...network.on('peer'), PYTHON, SCRIPT, JSON.stringify(settings)]
    starting.keep(await startUntilOutput(command, '@complete'))
    await change(network, starting)
    return { peer: PEER, target: byFile(await world.torrent('usual')), through: network.on('ours') }
  }
}

/** Our seeder two hops away, behind a router that is changed. */
const serveBehind = (
  change: (network: RoutedNetwork, starting: Starting) => Promise<unknown>,
): SetSituation['make'] => {
  return async (world, starting) => {
    const network = await routed(starting)
    const torrent = await world.torrent('usual')
    starting.keep(await startServe(world, torrent, [], { through: network.on('peer'), listen: PEER }))
    await change(network, starting)
    return { peer: PEER, target: byFile(torrent), through: network.on('ours') }
  }
}

async function routed(starting: Starting): Promise<RoutedNetwork> {
  if (!canMakeNamespaces()) throw new Error('no network namespaces')
  return starting.keep(await routedNetwork())
}

const treated = (treatment: Treatment) => async (network: RoutedNetwork, starting: Starting) =>
  starting.keep(await startBadRouter(network, treatment))

/** A libtorrent on loopback behind a relay; with `paused`, its torrent is. */
const relayed = (join: () => Parameters<typeof startRelay>[1], isPaused = false): SetSituation['make'] => {
  return async (world: World, starting: Starting) => {
    const torrent = await world.torrent('usual')
    const session = await libtorrent(starting, { settings: TCP_ONLY })
    await session.seed(await world.torrent('other'))
    const name = await session.seed(torrent)
    if (isPaused) await session.pause(name)
    const relay = starting.keep(await startRelay(session.port, join()))
    return { peer: relay.peer, target: byFile(torrent) }
  }
}

/** Packets are treated by a router between two network namespaces. */
const ROUTED: readonly SetSituation[] = [
  {
    name: 'a satellite: a round trip of 800 ms, and libtorrent seeds',
    causes: ['works'],
    note: 'every packet is 400 ms later, TCP and uTP',
    make: libtorrentBehind(treated({ delayMs: 400 })),
  },
  {
    name: 'a round trip of 3 s, and libtorrent requires encryption',
    causes: ['encryption-required'],
    excluded: ['torrent-unknown', 'torrent-inactive', 'not-bittorrent', 'nothing-listens', 'filtered'],
    note: 'every packet is 1.5 s later; over uTP libtorrent gives its reason',
    make: libtorrentBehind(treated({ delayMs: 1500 }), { encryption: 'require' }),
  },
  {
    name: 'one packet in twenty is lost, and libtorrent seeds',
    causes: ['works'],
    also: ['rate-limit'],
    note: '5 % in each direction, and 60 ms later',
    make: libtorrentBehind(treated({ loss: 0.05, delayMs: 60 })),
  },
  {
    name: 'one packet in twenty is lost on a satellite link, and libtorrent does not know the torrent',
    causes: ['torrent-unknown'],
    also: ['torrent-inactive'],
    excluded: ['encryption-required', 'filtered', 'nothing-listens', 'name-banned'],
    note: '5 % and 400 ms in each direction; over uTP libtorrent says that it does not know the torrent, if that packet arrives',
    make: libtorrentBehind(treated({ loss: 0.05, delayMs: 400 }), { seeds: 'other' }),
  },
  {
    name: 'packets above 1300 bytes are lost, and libtorrent requires encryption',
    causes: ['path-mtu', 'encryption-required'],
    ambiguous: PLAINTEXT_REFUSED,
    excluded: ['torrent-unknown', 'torrent-inactive', 'path-dies', 'stalls'],
    note: 'a tunnel without ICMP, both directions; TCP only, so nothing but the close shows the requirement',
    make: libtorrentBehind(treated({ largest: 1300 }), { encryption: 'require', transport: 'tcp' }),
  },
  {
    name: 'packets above 1300 bytes are lost, and libtorrent takes TCP and uTP',
    causes: ['path-mtu'],
    also: ['works'],
    excluded: ['stalls', 'path-dies', 'rate-limit', 'never-unchoked'],
    note: 'a tunnel without ICMP, both directions',
    make: libtorrentBehind(treated({ largest: 1300 })),
  },
  {
    name: 'one new connection in ten seconds, and libtorrent requires encryption',
    causes: ['encryption-required', 'changed', 'unexplained'],
    isOneOf: true,
    ambiguous: [...HASH_REFUSED, ...PLAINTEXT_REFUSED, 'filtered', 'tcp-filtered', 'frozen', 'no-backend'],
    excluded: ['nothing-listens', 'utp-only', 'firewall-rejects', 'no-such-host'],
    note: 'the SYN of others are lost, as with a rule of hashlimit; TCP only',
    make: libtorrentBehind(treated({ secondsPerConnection: 10 }), {
      encryption: 'require',
      transport: 'tcp',
    }),
    isFleeting: true,
  },
  {
    name: 'a filter that loses plaintext handshakes, TCP and uTP, and libtorrent seeds',
    causes: ['plaintext-filtered'],
    ambiguous: PLAINTEXT_REFUSED,
    excluded: ['torrent-unknown', 'torrent-inactive', 'frozen', 'silent-service', 'nothing-listens'],
    note: 'packets with the name of the protocol are lost, again and again; RC4 passes, MSE that goes on in plaintext does not, and no connection is closed by the peer',
    make: libtorrentBehind(treated({ dropsPlaintext: true })),
  },
  {
    name: 'TCP is lost, and of UDP nothing but SYN and STATE of uTP passes',
    causes: ['tcp-filtered', 'utp-only', 'path-dies', 'path-mtu', 'unexplained'],
    isOneOf: true,
    ambiguous: ['utp-only', 'path-dies', 'path-mtu', 'frozen', 'filtered'],
    excluded: [
      'nothing-listens',
      'no-such-host',
      'torrent-unknown',
      'torrent-inactive',
      'encryption-required',
    ],
    note: 'a firewall that lets uTP begin; libtorrent seeds. It answers our SYN, so the machine is there and a client runs',
    make: libtorrentBehind(treated({ dropsTcp: true, dropsUtpData: true })),
  },
  {
    name: 'the first SYN of every connection is lost',
    causes: ['works'],
    excluded: ['filtered', 'tcp-filtered', 'utp-only'],
    note: 'as greylisting of connections; the second one comes after 1 s',
    make: libtorrentBehind(treated({ dropsFirstSyn: true })),
  },
  {
    name: 'packets are doubled and overtake each other',
    causes: ['works'],
    excluded: ['protocol-broken', 'bad-data'],
    note: 'every packet comes twice, each between 5 and 65 ms later',
    make: serveBehind(treated({ copies: 2, delayMs: 5, jitterMs: 60 })),
  },
  {
    name: 'a router that passes 1500 bytes a second',
    causes: ['rate-limit'],
    also: ['works'],
    excluded: ['path-mtu', 'data-gone', 'never-unchoked', 'stalls'],
    note: 'for everything, with a queue of 200 kB: a token bucket on the link to us',
    make: serveBehind((network) => narrowLink(network, 1500)),
  },
]

/** What is in front of the client accepts the connection. */
const RELAYED: readonly SetSituation[] = [
  {
    name: 'only every second connection reaches libtorrent',
    isFleeting: true,
    causes: ['changed', 'works'],
    isOneOf: true,
    ambiguous: [...NO_PROOF_AT_ALL, ...PLAINTEXT_REFUSED, 'no-active-torrent'],
    note: 'the first, third and so on are closed once something has come; a balancer with a dead backend',
    make: relayed(() => byNumber((number) => (number % 2 === 0 ? refusing : passThrough))),
  },
  {
    name: 'libtorrent: the torrent is paused, and a guard resets from our third connection on',
    isFleeting: true,
    causes: ['torrent-inactive', 'changed'],
    isOneOf: true,
    ambiguous: [...NO_PROOF_AT_ALL, 'no-active-torrent', 'unexplained'],
    excluded: ['nothing-listens', 'encryption-required', 'plaintext-filtered'],
    note: 'TCP only, another torrent is active; two connections a minute pass, and both are closed by libtorrent',
    make: relayed(() => firstOfAMinute(2, resetting), true),
  },
  {
    name: 'a guard closes what says nothing in its first 200 ms, and libtorrent seeds',
    causes: ['works', 'changed', 'unexplained'],
    isOneOf: true,
    ambiguous: [
      'no-backend',
      'no-active-torrent',
      'connection-limit',
      'address-filtered',
      'torrent-inactive',
    ],
    excluded: ['torrent-unknown', 'encryption-required', 'plaintext-filtered'],
    note: 'as servers that are short of connections; whoever speaks at once is served',
    make: relayed(() => impatient(200)),
  },
  {
    name: 'a filter resets plaintext, and webtorrent has no MSE',
    causes: ['plaintext-filtered', 'unexplained'],
    isOneOf: true,
    ambiguous: [
      ...NO_PROOF_AT_ALL,
      ...PLAINTEXT_REFUSED,
      'not-bittorrent',
      'other-service',
      'encryption-broken',
    ],
    note: 'webtorrent seeds; plaintext is reset on the way, MSE is closed by webtorrent',
    make: async (world, starting) => {
      const { torrentPath, dataFolder } = await world.torrent('usual')
      const seeding = { torrent: torrentPath, dataFolder }
      const { port } = starting.keep(await startPeer('webtorrent', seeding))
      const relay = starting.keep(await startRelay(port, cuttingPlaintext('reset')))
      return { peer: relay.peer, target: byFile(await world.torrent('usual')) }
    },
  },
]

export const PATHS: readonly SetSituation[] = [...ROUTED, ...RELAYED]
