import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { canMakeNamespaces } from '../../../support/processes/network-namespace.ts'
import { startServe } from '../../clients/serve.ts'
import { passThrough, startRelay, type Path } from '../../network/relay.ts'
import { OUR_NETWORK, PEER_ADDRESS, routedNetwork, type RoutedNetwork } from '../../network/routed.ts'
import { byFile, type World } from '../../world.ts'
import { behind } from '../../set/seeders.ts'
import { byBeginning, forgettingAfter, narrow, resettingAfter, swallowing } from '../../set/path.ts'
import { startScripted } from '../../set/scripted.ts'
import { NO_PROOF_AT_ALL } from '../../truths.ts'
import type { SetSituation, Starting } from '../../set/situation.ts'

const PEER = `${PEER_ADDRESS}:6881`

/** A seeder that unchokes late, behind a relay. */
const behindLate = (join: () => (path: Path) => void, unchokeAfterMs: number): SetSituation['make'] => {
  return async (world, starting) => {
    const torrent = await world.torrent('usual')
    const late = await startScripted(torrent, (_, __, serve) => serve({ unchokeAfterMs }))
    const { peer } = starting.keep(late)
    const relay = starting.keep(await startRelay(Number(peer.split(':').at(-1)), join()))
    return { peer: relay.peer, target: byFile(torrent) }
  }
}

interface Routed {
  readonly flags?: readonly string[]
  readonly target?: readonly string[]
  readonly change: (network: RoutedNetwork) => Promise<void>
}

/** Our seeder two hops away, over a router that is changed. */
const routed = ({ flags = [], target = [], change }: Routed): SetSituation['make'] => {
  return async (world: World, starting: Starting) => {
    if (!canMakeNamespaces()) throw new Error('no network namespaces')
    const network = starting.keep(await routedNetwork())
    const torrent = await world.torrent('usual')
    const at = { through: network.on('peer'), listen: PEER }
    starting.keep(await startServe(world, torrent, flags, at))
    await change(network)
    return { peer: PEER, target: [...byFile(torrent), ...target], through: network.on('ours') }
  }
}

/**
 * The router has the address of the peer as well, and so resets and answers "port unreachable" in its name, as a rule that
 * rejects does. What `passes` goes on to the peer.
 */
async function answeringForPeer(network: RoutedNetwork, passes: readonly string[]): Promise<void> {
  const { ip } = network
  const [program = '', ...within] = network.on('router')
  await promisify(execFile)(program, [...within, 'sysctl', '-qw', 'net.ipv4.conf.all.accept_local=1'])
  await ip('router', 'address', 'add', `${PEER_ADDRESS}/32`, 'dev', 'lo')
  await ip('router', 'rule', 'add', 'pref', '100', 'lookup', 'local')
  if (passes.length > 0)
    await ip(
      'router',
      'rule',
      'add',
      'pref',
      '50',
      'to',
      PEER_ADDRESS,
      'iif',
      'to-ours',
      ...passes,
      'lookup',
      'main',
    )
  await ip('router', 'rule', 'del', 'pref', '0')
}

/** Drops what comes from our machine, after so long. */
function banningAfter(ms: number, flags: readonly string[]): SetSituation['make'] {
  return async (world, starting) => {
    let timer: NodeJS.Timeout | undefined
    starting.keep({ stop: () => clearTimeout(timer) })
    const ban = async (network: RoutedNetwork) => {
      const rule = ['pref', '5', 'to', PEER_ADDRESS, 'blackhole']
      timer = setTimeout(() => void network.ip('router', 'rule', 'add', ...rule), ms)
    }
    return routed({ flags, change: ban })(world, starting)
  }
}

/** What is between us and a peer that is all right. */
export const PATHS: readonly SetSituation[] = [
  {
    name: 'a NAT that forgets connections after 5 s, and a peer that unchokes after 9 s',
    causes: ['never-unchoked', 'path-dies', 'unexplained'],
    isOneOf: true,
    ambiguous: ['never-unchoked', 'path-dies', 'stalls', 'frozen'],
    excluded: ['torrent-inactive', 'nothing-to-offer', 'path-mtu'],
    note: 'bitfield at once, then idle: nothing passes any more, and nothing is closed',
    make: behindLate(() => forgettingAfter(5000), 9000),
  },
  {
    name: 'a link that is cut every 3 s, and a peer that unchokes after 6 s',
    causes: ['unexplained', 'path-dies', 'changed'],
    isOneOf: true,
    ambiguous: [
      'closes-before-serving',
      'never-unchoked',
      'connection-limit',
      'torrent-inactive',
      'same-address',
      'name-banned',
    ],
    excluded: ['closes-on-request', 'data-gone', 'torrent-unknown'],
    note: 'every connection is reset 3 s after it was made, in the middle of nothing',
    make: behindLate(() => resettingAfter(3000), 6000),
  },
  {
    name: 'a path that throttles plaintext BitTorrent',
    causes: ['rate-limit', 'plaintext-filtered'],
    isOneOf: true,
    also: ['works'],
    ambiguous: ['plaintext-filtered', 'stalls'],
    note: 'plaintext gets 600 bytes a second, MSE all there is',
    make: behind(() => byBeginning(narrow(600), passAlong)),
  },
  {
    name: 'a proxy for SYN that swallows data, UDP passes',
    causes: ['utp-only'],
    also: ['tcp-filtered', 'silent-service'],
    excluded: ['frozen'],
    note: 'TCP is accepted on the way and never answered; uTP works',
    make: behind(() => swallowing, { passesUdp: true }),
  },
  {
    name: 'a firewall that rejects with a reset and with port unreachable',
    causes: ['firewall-rejects'],
    ambiguous: ['nothing-listens', 'firewall-rejects'],
    note: 'as REJECT with tcp-reset and icmp-port-unreachable: the client behind it is all right, and nobody can see that',
    make: routed({ change: (network) => answeringForPeer(network, []) }),
  },
  {
    name: 'a firewall that rejects TCP with a reset, UDP passes',
    causes: ['utp-only'],
    also: ['firewall-rejects', 'tcp-filtered'],
    excluded: ['filtered'],
    note: 'the client takes TCP as well, which nobody can see',
    make: routed({ change: (network) => answeringForPeer(network, ['ipproto', 'udp']) }),
  },
  {
    name: 'a firewall that drops one of our two addresses',
    causes: ['filtered', 'address-filtered'],
    isOneOf: true,
    also: ['works', 'tcp-filtered'],
    ambiguous: ['filtered'],
    note: 'from 10.77.1.2, the first one, nothing passes; from 10.77.1.3 everything does',
    make: routed({
      change: async (network) => {
        await network.ip('ours', 'address', 'add', `${OUR_NETWORK}.3/24`, 'dev', 'cable')
        const rule = ['pref', '5', 'from', `${OUR_NETWORK}.2`, 'to', PEER_ADDRESS, 'blackhole']
        await network.ip('router', 'rule', 'add', ...rule)
      },
    }),
  },
  {
    name: 'a guard that bans our address while we look, and the peer requires encryption',
    isFleeting: true,
    causes: ['encryption-required', 'changed'],
    isOneOf: true,
    ambiguous: ['plaintext-filtered', ...NO_PROOF_AT_ALL],
    excluded: ['nothing-listens'],
    note: 'as fail2ban: from 2.2 s on every packet is dropped, TCP and UDP',
    make: banningAfter(2200, ['--encryption', 'require', '--transport', 'tcp']),
  },
]

function passAlong(path: Path, first: Buffer): void {
  path.peer.write(first)
  passThrough(path)
}
