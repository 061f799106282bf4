import { routedNetwork, PEER_ADDRESS } from '../../network/routed.ts'
import { passThrough, startRelay, type Path } from '../../network/relay.ts'
import { canMakeNamespaces } from '../../../support/processes/network-namespace.ts'
import { startServe } from '../../clients/serve.ts'
import { byFile } from '../../world.ts'
import { cuttingPlaintext } from '../../network/relay.ts'
import {
  byNumber,
  cuttingAfter,
  damaging,
  delaying,
  droppingAfterHandshake,
  losingLarge,
  narrow,
  resettingTheAnswer,
  withoutBackendAfter,
} from '../../set/path.ts'
import type { SetSituation, Truth } from '../../set/situation.ts'

interface Behind {
  readonly flags?: readonly string[]
  readonly passesUdp?: boolean
}

/** Our seeder behind a relay. */
function path(
  name: string,
  truth: Truth,
  join: () => (path: Path) => void,
  { flags = [], passesUdp = false }: Behind = {},
): SetSituation {
  return {
    name,
    ...truth,
    make: async (world, starting) => {
      const torrent = await world.torrent('usual')
      const { peer } = starting.keep(await startServe(world, torrent, flags))
      const port = Number(peer.split(':').at(-1))
      const relay = starting.keep(await startRelay(port, join(), { passesUdp }))
      return { peer: relay.peer, target: byFile(torrent) }
    },
  }
}

/** What lies between us and a peer that is all right. */
export const PATHS: readonly SetSituation[] = [
  path(
    'a proxy that closes after 100 bytes',
    {
      causes: ['path-dies', 'unexplained'],
      isOneOf: true,
      ambiguous: ['protocol-broken'],
      note: 'FIN inside the extension handshake; no code is about a close there',
    },
    () => cuttingAfter(100, 'fin'),
  ),
  path(
    'a proxy that resets after 20 000 bytes',
    {
      causes: ['path-dies', 'unexplained'],
      isOneOf: true,
      ambiguous: ['closes-on-request', 'data-gone'],
      note: 'RST inside the second block; no whole piece can come',
    },
    () => cuttingAfter(20_000, 'rst'),
  ),
  path(
    'a proxy that resets after 30 bytes',
    {
      causes: ['path-dies', 'unexplained'],
      isOneOf: true,
      ambiguous: ['nearly-bittorrent', 'torrent-unknown'],
      note: 'RST inside the handshake',
    },
    () => cuttingAfter(30, 'rst'),
  ),
  path(
    'a path that takes 800 ms each way',
    { causes: ['works'], note: 'a satellite; nothing is wrong' },
    () => delaying(800),
  ),
  path(
    'a path that drops everything after the handshake',
    {
      causes: ['path-dies'],
      ambiguous: ['path-dies', 'path-mtu', 'frozen', 'stalls'],
      note: '68 bytes of the peer, then silence both ways, without a close',
    },
    () => droppingAfterHandshake,
  ),
  path(
    'a path that resets on the name of the protocol, UDP passes',
    {
      causes: ['plaintext-filtered'],
      note: 'plaintext over uTP and MSE over TCP pass; the peer never resets',
    },
    () => cuttingPlaintext('reset'),
    { passesUdp: true },
  ),
  path(
    'a path that resets on the name of the protocol, TCP only',
    {
      causes: ['plaintext-filtered'],
      ambiguous: ['plaintext-filtered', 'encryption-required'],
      note: 'without uTP it looks like a client that requires encryption, but for the reset',
    },
    () => cuttingPlaintext('reset'),
  ),
  path(
    'a path that resets on the answer of the peer, UDP passes',
    { causes: ['plaintext-filtered'], note: 'our handshake passes, that of the peer is what is matched' },
    () => resettingTheAnswer,
    { passesUdp: true },
  ),
  path(
    'a hole that swallows writes above 1000 bytes',
    { causes: ['path-mtu'], note: 'and all that follows such a write' },
    () => losingLarge(1000),
  ),
  path(
    'a path that damages data',
    {
      causes: ['bad-data'],
      also: ['encryption-broken', 'protocol-broken'],
      note: 'a byte every 4 KiB; nobody can tell the path from the peer',
    },
    () => damaging,
  ),
  path(
    'a path of 400 bytes a second',
    { causes: ['rate-limit'], note: 'a path as slow as an upload limit' },
    () => narrow(400),
  ),
  path(
    'a port forward that closes after 2 s',
    {
      causes: ['no-backend'],
      ambiguous: [
        'no-backend',
        'no-active-torrent',
        'connection-limit',
        'address-filtered',
        'torrent-unknown',
        'not-bittorrent',
        'other-service',
      ],
      note: 'it accepts, looks for its backend in vain, and closes whatever was said',
    },
    () => withoutBackendAfter(2000),
  ),
  path(
    'a handshake that comes byte by byte, too slowly',
    {
      causes: ['rate-limit'],
      ambiguous: ['path-dies', 'frozen', 'stalls'],
      note: 'serve --fault slow-handshake=200: 13.6 s, while we wait for 10 s',
    },
    () => byNumber(() => passThrough),
    { flags: ['--fault', 'slow-handshake=200'] },
  ),
  path(
    'a peer that thinks for 2 s before every message',
    { causes: ['works'], note: 'serve --fault delay=2000' },
    () => passThrough,
    { flags: ['--fault', 'delay=2000'] },
  ),
  {
    name: 'a router whose link loses packets above 1000 bytes',
    causes: ['path-mtu'],
    note: 'namespaces: the receiving end of a link has a smaller MTU, and no ICMP is sent; TCP segments of 1448 bytes are lost',
    make: async (world, starting) => {
      if (!canMakeNamespaces()) throw new Error('no network namespaces')
      const network = starting.keep(await routedNetwork())
      await network.ip('peer', 'link', 'set', 'cable', 'gso_max_segs', '1')
      await network.ip('router', 'link', 'set', 'to-peer', 'mtu', '1000')
      const torrent = await world.torrent('usual')
      const through = network.on('peer')
      const listen = `${PEER_ADDRESS}:6881`
      starting.keep(await startServe(world, torrent, [], { through, listen }))
      return { peer: listen, target: byFile(torrent), through: network.on('ours') }
    },
  },
]
