import { companion } from '../../clients/companion.ts'
import { ENCRYPTION_REQUIRED, TCP_ONLY, UTP_ONLY } from '../../clients/libtorrent-host.ts'
import { passThrough, startRelay } from '../../network/relay.ts'
import { byFile, type World } from '../../world.ts'
import { halfTheData } from '../../torrents.ts'
import { libtorrent, libtorrentWith } from '../../set/seeders.ts'
import { byBeginning, notSooner, refusing, resetting } from '../../set/path.ts'
import { HASH_REFUSED } from '../../truths.ts'
import type { SetSituation, Starting } from '../../set/situation.ts'

/** Every datagram but the fifth, the tenth and so on. */
function losingEveryFifth(): () => boolean {
  let count = 0
  return () => ++count % 5 !== 0
}

/** A libtorrent that takes uTP only, behind a path that loses datagrams. */
const overUdp = (passes: (datagram: Buffer) => boolean) => async (world: World, starting: Starting) => {
  const torrent = await world.torrent('usual')
  const peer = await libtorrent(starting, { settings: UTP_ONLY })
  await peer.seed(torrent)
  const relay = starting.keep(await startRelay(peer.port, resetting, { passesUdp: passes }))
  return { peer: relay.peer, target: byFile(torrent) }
}

/** A libtorrent that requires encryption, behind a path that resets what does not begin as plaintext. */
const withoutMse = (passesUdp: boolean) => async (world: World, starting: Starting) => {
  const torrent = await world.torrent('usual')
  const peer = await libtorrent(starting, { settings: ENCRYPTION_REQUIRED })
  await peer.seed(torrent)
  const reset = byBeginning(passThrough, ({ visitor, peer: behind }) => {
    behind.destroy()
    visitor.resetAndDestroy()
  })
  const relay = starting.keep(await startRelay(peer.port, reset, { passesUdp }))
  return { peer: relay.peer, target: byFile(torrent) }
}

export const LIBTORRENT: readonly SetSituation[] = [
  {
    name: 'libtorrent has a full disk and half of the pieces',
    causes: ['works'],
    note: 'upload mode, in which it goes when it cannot write: it serves what it has and asks for nothing',
    make: async (world, starting) => {
      const torrent = await world.torrent('half-full')
      const peer = await libtorrent(starting)
      const name = await peer.add(torrent, {
        folder: await halfTheData(world, torrent),
        flags: ['upload_mode'],
      })
      await peer.until(name, ({ pieces }) => pieces > 0)
      return { peer: peer.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'libtorrent: the torrent is at a limit of its own, and makes room',
    causes: ['works'],
    note: 'two connections for this torrent, both taken by peers that load nothing: it drops one of them for us',
    make: async (world, starting) => {
      const torrent = await world.torrent('usual')
      const peer = await libtorrent(starting, { limitsLoopback: true })
      const name = await peer.seed(torrent)
      await peer.seed(await world.torrent('other'))
      await peer.host.call('limit', { name, connections: 2 })
      for (const from of ['127.0.0.2', '127.0.0.3']) {
        const other = await companion(peer.port, torrent.handshakeInfoHash, from)
        starting.keep({ stop: () => other.leave() })
      }
      return { peer: peer.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'libtorrent is anonymous',
    causes: ['works'],
    note: 'anonymous_mode: a peer id without a client, no version',
    make: libtorrentWith({ settings: { anonymous_mode: true } }),
  },
  {
    name: 'libtorrent has one upload slot, and another peer has it',
    causes: ['never-unchoked'],
    ambiguous: ['never-unchoked', 'rate-limit'],
    excluded: ['torrent-inactive', 'torrent-unknown'],
    isOneOf: true,
    note: 'unchoke_slots_limit 1, rotated after minutes; super-slow seeds look so most of the day',
    make: async (world, starting) => {
      const torrent = await world.torrent('usual')
      const settings = { unchoke_slots_limit: 1, unchoke_interval: 300, optimistic_unchoke_interval: 300 }
      const peer = await libtorrent(starting, {
        settings: { ...settings, num_optimistic_unchoke_slots: 1 },
        limitsLoopback: true,
      })
      await peer.seed(torrent)
      const other = await companion(peer.port, torrent.handshakeInfoHash, '127.0.0.2')
      starting.keep({ stop: () => other.leave() })
      return { peer: peer.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'libtorrent takes uTP only, requires encryption, and the torrent is paused',
    causes: ['utp-only', 'encryption-required', 'torrent-inactive'],
    first: ['utp-only'],
    note: 'three causes; another torrent is active',
    make: async (world, starting) => {
      const torrent = await world.torrent('usual')
      const peer = await libtorrent(starting, { settings: { ...UTP_ONLY, ...ENCRYPTION_REQUIRED } })
      await peer.seed(await world.torrent('other'))
      await peer.pause(await peer.seed(torrent))
      return { peer: peer.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'libtorrent uses a proxy that is down',
    causes: ['nothing-listens'],
    ambiguous: ['firewall-rejects', 'utp-only'],
    note: 'SOCKS5 for peers, nobody listens there: libtorrent does not listen on TCP then',
    make: libtorrentWith({
      settings: { proxy_type: 2, proxy_hostname: '127.0.0.1', proxy_port: 9, proxy_peer_connections: true },
    }),
  },
  {
    name: 'libtorrent over uTP only, every fifth datagram is lost',
    causes: ['utp-only'],
    also: ['rate-limit'],
    note: 'in each direction; TCP is reset by a forwarder',
    make: overUdp(losingEveryFifth()),
  },
  {
    name: 'libtorrent over uTP only, through a tunnel of 1200 bytes',
    causes: ['utp-only'],
    also: ['path-mtu'],
    note: 'larger datagrams are lost, as in a VPN without path MTU discovery; libtorrent sends smaller ones then',
    make: overUdp(({ length }) => length <= 1200),
  },
  {
    name: 'a path that resets MSE, and the peer requires encryption; TCP only',
    causes: ['encryption-required', 'unexplained'],
    isOneOf: true,
    ambiguous: [...HASH_REFUSED, 'encryption-required', 'encryption-broken', 'name-banned', 'bits-refused'],
    excluded: ['plaintext-filtered'],
    note: 'as filters of what looks random: plaintext passes and is closed by the peer, MSE is reset by the path',
    make: withoutMse(false),
  },
  {
    name: 'a path that resets MSE, and the peer requires encryption; UDP passes',
    causes: ['encryption-required'],
    excluded: ['plaintext-filtered', 'torrent-unknown', 'torrent-inactive'],
    also: ['utp-only'],
    note: 'over uTP the peer gives its reason',
    make: withoutMse(true),
  },
  {
    name: 'who comes back within 5 s is closed, and the peer requires encryption',
    isFleeting: true,
    causes: ['encryption-required', 'unexplained', 'changed'],
    isOneOf: true,
    ambiguous: [
      ...HASH_REFUSED,
      'encryption-required',
      'plaintext-filtered',
      'no-backend',
      'no-active-torrent',
    ],
    note: 'as clients that refuse a reconnect: each of our attempts extends the wait, and nothing after the first proves anything',
    make: async (world, starting) => {
      const torrent = await world.torrent('usual')
      const peer = await libtorrent(starting, { settings: { ...TCP_ONLY, ...ENCRYPTION_REQUIRED } })
      await peer.seed(torrent)
      const relay = starting.keep(await startRelay(peer.port, notSooner(5000, refusing)))
      return { peer: relay.peer, target: byFile(torrent) }
    },
  },
]
