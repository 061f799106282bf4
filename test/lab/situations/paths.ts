import { canMakeNamespaces } from '../../support/processes/network-namespace.ts'
import { startServe } from '../clients/serve.ts'
import {
  type Machine,
  OUR_NETWORK,
  PEER_ADDRESS,
  routedNetwork,
  type RoutedNetwork,
} from '../network/routed.ts'
import { station, type Made, type Situation } from '../situation.ts'
import { byFile, type World } from '../world.ts'

const PEER = `${PEER_ADDRESS}:6881`

/** One `ip rule` of the router: what it does with packets to the peer. */
type RouterRule = readonly string[]

const DROP_TCP: RouterRule = ['ipproto', 'tcp', 'blackhole']
const DROP_UDP: RouterRule = ['ipproto', 'udp', 'blackhole']
/** ICMP: administratively prohibited. */
const REJECT_TCP: RouterRule = ['ipproto', 'tcp', 'prohibit']
const REJECT_ALL: RouterRule = ['prohibit']
/** ICMP: network unreachable. */
const UNREACHABLE: RouterRule = ['unreachable']

/** `ip` on a machine. */
type Change = readonly [machine: Machine, ...args: readonly string[]]

interface Way {
  /** Flags of `peerwire serve` on the machine of the peer; undefined if nothing runs there. */
  readonly serve?: string | undefined
  readonly rules?: readonly RouterRule[]
  readonly peer?: string
  readonly serves?: readonly string[]
  /** More that is done to the network, and undone. */
  readonly change?: readonly (readonly [Change, Change])[]
  readonly flags?: readonly string[]
}

async function through(network: RoutedNetwork, world: World, way: Way): Promise<Made> {
  const { serve, rules = [], peer = PEER, serves, change = [], flags = [] } = way
  const torrent = await world.torrent('usual')
  const served =
    serve === undefined
      ? undefined
      : await startServe(world, torrent, serve === '' ? [] : serve.split(' '), {
          through: network.on('peer'),
          listen: PEER,
        })
  for (const rule of rules) await network.ip('router', 'rule', 'add', ...toPeer(rule))
  for (const [make] of change) await network.ip(...make)
  return {
    peer,
    target: [...byFile(torrent), ...flags],
    through: network.on('ours'),
    ...(serves === undefined ? {} : { serves }),
    cleanup: async () => {
      await served?.stop()
      for (const rule of rules) await network.ip('router', 'rule', 'del', ...toPeer(rule))
      for (const [, undo] of [...change].reverse()) await network.ip(...undo)
    },
  }
}

/** In front of the usual rules. */
const toPeer = (rule: RouterRule): readonly string[] => ['pref', '10', 'to', PEER_ADDRESS, ...rule]

const VIA_ROUTER = ['route', 'replace', 'default', 'via', `${OUR_NETWORK}.1`] as const

const SITUATIONS: readonly Situation<RoutedNetwork>[] = [
  {
    name: 'a path without a fault',
    causes: ['works'],
    make: (network, world) => through(network, world, { serve: '', serves: [] }),
  },
  {
    name: 'UDP is dropped on the way',
    causes: ['works'],
    make: (network, world) => through(network, world, { serve: '', rules: [DROP_UDP], serves: [] }),
  },
  {
    name: 'TCP is dropped on the way, and UDP passes',
    causes: ['tcp-filtered'],
    also: ['utp-only', 'filtered'],
    make: (network, world) =>
      through(network, world, { serve: '', rules: [DROP_TCP], serves: ['--transport', 'utp'] }),
  },
  {
    name: 'TCP is dropped on the way, and the client has no uTP',
    causes: ['tcp-filtered'],
    also: ['filtered'],
    make: (network, world) => through(network, world, { serve: '--transport tcp', rules: [DROP_TCP] }),
  },
  {
    name: 'everything is dropped on the way',
    causes: ['filtered'],
    also: ['tcp-filtered'],
    make: (network, world) => through(network, world, { serve: '', rules: [['blackhole']] }),
  },
  {
    name: 'a firewall rejects with ICMP',
    causes: ['firewall-rejects'],
    make: (network, world) => through(network, world, { serve: '', rules: [REJECT_ALL] }),
  },
  {
    name: 'a firewall rejects TCP with ICMP, and UDP passes',
    causes: ['firewall-rejects'],
    also: ['utp-only', 'tcp-filtered'],
    make: (network, world) =>
      through(network, world, { serve: '', rules: [REJECT_TCP], serves: ['--transport', 'utp'] }),
  },
  {
    name: 'a router answers that the network is unreachable',
    causes: ['firewall-rejects'],
    ambiguous: ['firewall-rejects', 'no-route'],
    make: (network, world) => through(network, world, { serve: '', rules: [UNREACHABLE] }),
  },
  {
    name: 'the machine does not exist, behind a router',
    causes: ['no-such-host'],
    make: (network, world) => through(network, world, { peer: '10.77.2.77:6881' }),
  },
  {
    name: 'the machine does not exist, on our own link',
    causes: ['no-such-host'],
    make: (network, world) => through(network, world, { peer: `${OUR_NETWORK}.77:6881` }),
  },
  {
    name: 'nothing listens on the machine of the peer',
    causes: ['nothing-listens'],
    make: (network, world) => through(network, world, {}),
  },
  {
    name: 'TCP is refused, and UDP is dropped on the way',
    causes: ['nothing-listens'],
    ambiguous: ['nothing-listens', 'firewall-rejects', 'utp-only'],
    make: (network, world) => through(network, world, { rules: [DROP_UDP] }),
  },
  {
    name: 'the path loses large packets',
    causes: ['path-mtu'],
    make: (network, world) =>
      through(network, world, {
        serve: '--transport tcp',
        change: [
          [
            ['ours', 'link', 'set', 'cable', 'mtu', '700'],
            ['ours', 'link', 'set', 'cable', 'mtu', '1500'],
          ],
          [
            ['ours', ...VIA_ROUTER, 'advmss', '1460'],
            ['ours', ...VIA_ROUTER],
          ],
          // what is cut into packets by the link passes whole
          ...(['router', 'peer'] as const).map(
            (machine) =>
              [
                [machine, 'link', 'set', machine === 'peer' ? 'cable' : 'to-ours', 'gso_max_segs', '1'],
                [machine, 'link', 'set', machine === 'peer' ? 'cable' : 'to-ours', 'gso_max_segs', '65535'],
              ] as const,
          ),
        ],
      }),
  },
  {
    name: 'this machine has no route',
    causes: ['no-route'],
    make: (network, world) =>
      through(network, world, {
        serve: '',
        change: [
          [
            ['ours', 'route', 'del', 'default'],
            ['ours', ...VIA_ROUTER],
          ],
        ],
      }),
  },
  {
    name: 'this machine has no IPv6',
    causes: ['no-route'],
    make: (network, world) => through(network, world, { peer: '[2001:db8::1]:6881' }),
  },
  {
    name: 'the firewall of this machine refuses to send',
    causes: ['local-firewall'],
    make: (network, world) =>
      through(network, world, {
        serve: '',
        change: [
          [
            ['ours', 'route', 'add', 'prohibit', PEER_ADDRESS],
            ['ours', 'route', 'del', 'prohibit', PEER_ADDRESS],
          ],
        ],
      }),
  },
  {
    name: 'the local address does not belong to this machine',
    causes: ['local-address'],
    make: (network, world) => through(network, world, { serve: '', flags: ['--source', '10.99.0.1'] }),
  },
]

export const PATHS = station({
  name: 'paths in a network of their own',
  missing: () => (canMakeNamespaces() ? undefined : 'network namespaces'),
  start: () => routedNetwork(),
  situations: SITUATIONS,
})
