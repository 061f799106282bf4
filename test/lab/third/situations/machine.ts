import { reservePort } from '../../../peers/ports.ts'
import { startServe } from '../../clients/serve.ts'
import { OUR_NETWORK, PEER_ADDRESS, routedNetwork, type RoutedNetwork } from '../../network/routed.ts'
import { byFile } from '../../world.ts'
import { startScripted } from '../../set/scripted.ts'
import type { SetSituation } from '../../set/situation.ts'

interface Local {
  /** What the user types for a peer on such a port. */
  readonly typed: (port: string) => string
  readonly flags?: readonly string[]
  readonly target?: readonly string[]
}

/** Our seeder on loopback, and what a user types. */
const local = ({ typed, flags = [], target = [] }: Local): SetSituation['make'] => {
  return async (world, starting) => {
    const torrent = await world.torrent('usual')
    const { peer } = starting.keep(await startServe(world, torrent, flags))
    return { peer: typed(peer.split(':').at(-1) ?? ''), target: [...byFile(torrent), ...target] }
  }
}

/** Our seeder two hops away, and our machine changed. */
const remote = (
  peer: string,
  target: readonly string[],
  change: (network: RoutedNetwork) => Promise<void>,
): SetSituation['make'] => {
  return async (world, starting) => {
    const network = starting.keep(await routedNetwork())
    const torrent = await world.torrent('usual')
    const at = { through: network.on('peer'), listen: `${PEER_ADDRESS}:6881` }
    starting.keep(await startServe(world, torrent, [], at))
    await change(network)
    return { peer, target: [...byFile(torrent), ...target], through: network.on('ours') }
  }
}

/** Runs a command, and lets the machine sleep from its 4th to its 17th second. */
const SLEEPING = [
  'bash',
  '-c',
  '"$@" & p=$!; sleep 4; kill -STOP $p; sleep 13; kill -CONT $p; wait $p',
  'bash',
]

/** What is wrong is here, or in what was typed. */
export const MACHINE: readonly SetSituation[] = [
  {
    name: 'the peer listens on IPv6 only, and IPv4 was typed',
    causes: ['nothing-listens'],
    note: 'a seeder on ::1, asked at 127.0.0.1',
    make: async (world, starting) => {
      const torrent = await world.torrent('usual')
      const reserved = await reservePort('::1')
      starting.keep({ stop: () => reserved.release() })
      starting.keep(await startServe(world, torrent, [], { listen: `[::1]:${reserved.port}` }))
      return { peer: `127.0.0.1:${reserved.port}`, target: byFile(torrent) }
    },
  },
  {
    name: 'the address that a client listens on was typed',
    causes: ['works'],
    note: '0.0.0.0, which leads to this machine',
    make: local({ typed: (port) => `0.0.0.0:${port}` }),
  },
  {
    name: 'a link-local address without its zone',
    causes: ['no-route', 'local-address'],
    isOneOf: true,
    ambiguous: ['no-such-host'],
    excluded: ['nothing-listens', 'local-firewall', 'filtered'],
    note: 'fe80::1: connect fails with EINVAL or ENETUNREACH',
    make: local({ typed: (port) => `[fe80::1]:${port}` }),
  },
  {
    name: 'the broadcast address of our network',
    causes: ['no-route', 'local-address'],
    isOneOf: true,
    ambiguous: ['no-such-host', 'firewall-rejects'],
    excluded: ['local-firewall', 'filtered'],
    note: '10.77.1.255, a slip of the finger: TCP fails with ENETUNREACH and UDP with EACCES, without any packet filter',
    make: remote(`${OUR_NETWORK}.255:6881`, [], async () => undefined),
  },
  {
    name: '--source that the peer has no way back to',
    causes: ['filtered', 'local-address'],
    isOneOf: true,
    also: ['tcp-filtered'],
    excluded: ['no-such-host', 'nothing-listens', 'firewall-rejects'],
    note: 'an address of a VPN on this machine, 10.99.0.1, which no router knows; the peer is up and nothing is dropped by a firewall',
    make: remote(`${PEER_ADDRESS}:6881`, ['--source', '10.99.0.1'], (network) =>
      network.ip('ours', 'address', 'add', '10.99.0.1/32', 'dev', 'lo'),
    ),
  },
  {
    name: 'our machine sleeps while we wait for the unchoke',
    isFleeting: true,
    causes: ['works', 'changed', 'unexplained'],
    isOneOf: true,
    ambiguous: ['never-unchoked'],
    excluded: ['frozen', 'path-dies'],
    note: 'suspended from 4 s to 17 s; the peer unchokes after 8 s, and the limit is 12 s',
    make: async (world, starting) => {
      const torrent = await world.torrent('usual')
      const late = await startScripted(torrent, (_, __, serve) => serve({ unchokeAfterMs: 8000 }))
      const { peer } = starting.keep(late)
      const target = [...byFile(torrent), '--unchoke-timeout', '12s']
      return { peer, target, through: SLEEPING }
    },
  },
  {
    name: 'a time limit that is too short for the peer',
    causes: ['unexplained', 'works', 'rate-limit'],
    isOneOf: true,
    ambiguous: ['silent-service', 'frozen', 'path-dies', 'encryption-required'],
    excluded: ['torrent-unknown', 'torrent-inactive'],
    note: '--handshake-timeout 1s, and a peer that thinks for 2 s before every message',
    make: local({
      typed: (port) => `127.0.0.1:${port}`,
      flags: ['--fault', 'delay=2000', '--transport', 'tcp'],
      target: ['--handshake-timeout', '1s'],
    }),
  },
]
