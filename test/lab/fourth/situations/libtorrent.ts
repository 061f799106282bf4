import { companion } from '../../clients/companion.ts'
import {
  ENCRYPTION_OFF,
  ENCRYPTION_REQUIRED,
  TCP_ONLY,
  type SessionOptions,
} from '../../clients/libtorrent-host.ts'
import { Qbittorrent } from '../../clients/qbittorrent.ts'
import { libtorrent, libtorrentWith } from '../../set/seeders.ts'
import type { SetSituation } from '../../set/situation.ts'
import { HASH_REFUSED, NO_PROOF_AT_ALL, PLAINTEXT_REFUSED } from '../../truths.ts'
import { byFile, byHash } from '../../world.ts'
import { largeTorrent } from '../large-torrent.ts'

/** Another torrent is active, and ours is paused. */
const paused = (options: SessionOptions): SetSituation['make'] => {
  return async (world, starting) => {
    const torrent = await world.torrent('usual')
    const session = await libtorrent(starting, options)
    await session.seed(await world.torrent('other'))
    await session.pause(await session.seed(torrent))
    return { peer: session.peer, target: byFile(torrent) }
  }
}

const LIBTORRENT: readonly SetSituation[] = [
  {
    name: 'libtorrent under the name of Transmission',
    causes: ['works'],
    excluded: ['protocol-broken'],
    note: 'peer id -TR4050-, and the same name in the extension handshake',
    make: libtorrentWith({ settings: { peer_fingerprint: '-TR4050-', user_agent: 'Transmission 4.0.5' } }),
  },
  {
    name: 'the SSL port of libtorrent',
    causes: ['tls-service', 'not-bittorrent'],
    isOneOf: true,
    ambiguous: [
      ...NO_PROOF_AT_ALL,
      'no-active-torrent',
      'encryption-required',
      'silent-service',
      'other-service',
    ],
    excluded: ['http-server', 'nothing-listens'],
    note: 'listen_interfaces with an s: peers of SSL torrents connect there, and nobody else',
    make: async (world, starting) => {
      const session = await libtorrent(starting)
      const torrent = await world.torrent('usual')
      await session.seed(torrent)
      const secure = await libtorrent(starting, { settings: { listen_interfaces: '127.0.0.1:0' } })
      const settings = { listen_interfaces: `127.0.0.1:0,127.0.0.1:${secure.port}s` }
      await secure.host.call('settings', { session: secure.name, settings })
      await secure.seed(torrent)
      return { peer: secure.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'libtorrent refuses our address, and does not know the torrent',
    causes: ['address-filtered', 'torrent-unknown'],
    excluded: ['nothing-listens', 'encryption-required', 'plaintext-filtered'],
    note: 'ip filter of 127.0.0.1; TCP and uTP; to other addresses of this machine it gives its reason',
    make: async (world, starting) => {
      const session = await libtorrent(starting, { blocked: ['127.0.0.1'] })
      await session.seed(await world.torrent('other'))
      return { peer: session.peer, target: byFile(await world.torrent('usual')) }
    },
  },
  {
    name: 'libtorrent gives a handshake one second, and does not know the torrent',
    causes: ['torrent-unknown'],
    ambiguous: [...NO_PROOF_AT_ALL, 'encryption-required'],
    excluded: ['plaintext-filtered', 'encryption-broken', 'not-bittorrent'],
    note: 'handshake_timeout 1, TCP only',
    make: async (world, starting) => {
      const session = await libtorrent(starting, { settings: { ...TCP_ONLY, handshake_timeout: 1 } })
      await session.seed(await world.torrent('other'))
      return { peer: session.peer, target: byFile(await world.torrent('usual')) }
    },
  },
  {
    name: 'libtorrent requires RC4 over TCP only, and the torrent is paused',
    causes: ['torrent-inactive'],
    ambiguous: [...HASH_REFUSED, ...PLAINTEXT_REFUSED],
    note: 'another torrent is active; the requirement may show as well',
    make: paused({ settings: { ...TCP_ONLY, ...ENCRYPTION_REQUIRED, allowed_enc_level: 2 } }),
  },
  {
    name: 'libtorrent has no encryption and no uTP, and the torrent is paused',
    causes: ['torrent-inactive'],
    ambiguous: NO_PROOF_AT_ALL,
    excluded: ['encryption-required', 'plaintext-filtered'],
    note: 'another torrent is active; it closes on MSE as on the hash',
    make: paused({ settings: { ...TCP_ONLY, ...ENCRYPTION_OFF } }),
  },
  {
    name: 'libtorrent seeds a v2 torrent, and the first 20 bytes of its hash are given as a v1 hash',
    causes: ['other-hash', 'unexplained', 'works'],
    isOneOf: true,
    excluded: ['bad-data', 'protocol-broken', 'metadata-missing', 'torrent-unknown'],
    note: 'as trackers and some clients print it: the metadata comes, and its SHA-256, not its SHA-1, begins with what was typed',
    make: async (world, starting) => {
      const torrent = await world.torrent('second version', { version: 'v2' })
      const session = await libtorrent(starting)
      await session.seed(torrent)
      return { peer: session.peer, target: byHash(torrent) }
    },
  },
  {
    name: 'libtorrent with encryption required is asked by another client of our address as well',
    causes: ['encryption-required'],
    excluded: ['same-address', 'connection-limit', 'torrent-inactive'],
    note: 'the default limits; the other client has a connection from 127.0.0.2 and loads nothing; TCP and uTP',
    make: async (world, starting) => {
      const torrent = await world.torrent('usual')
      const session = await libtorrent(starting)
      await session.seed(torrent)
      const other = await companion(session.port, torrent.handshakeInfoHash, '127.0.0.2')
      starting.keep({ stop: () => other.leave() })
      await session.host.call('settings', { session: session.name, settings: ENCRYPTION_REQUIRED })
      return { peer: session.peer, target: byFile(torrent) }
    },
  },
]

const QBITTORRENT: readonly SetSituation[] = [
  {
    name: 'qBittorrent is anonymous and requires encryption',
    causes: ['encryption-required'],
    excluded: ['plaintext-filtered', 'torrent-unknown'],
    note: 'TCP and uTP; a peer id without a client, no version',
    make: async (world, starting) => {
      const client = starting.keep(await Qbittorrent.start(world))
      await client.settings({ anonymous_mode: true, encryption: 1 })
      return { peer: client.peer, target: byFile(await world.torrent('usual')) }
    },
  },
  {
    name: 'qBittorrent requires encryption, and the torrent is limited to 1 kB a second',
    causes: ['encryption-required', 'rate-limit'],
    also: ['works'],
    excluded: ['plaintext-filtered', 'stalls', 'path-mtu', 'path-dies'],
    note: 'the limit of the one torrent, not of the program; TCP and uTP',
    make: async (world, starting) => {
      const client = starting.keep(await Qbittorrent.start(world))
      const torrent = await world.torrent('usual')
      await client.settings({ encryption: 1, limit_lan_peers: true })
      await client.act('setUploadLimit', torrent, { limit: '1024' })
      return { peer: client.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'qBittorrent checks the data',
    causes: ['torrent-inactive'],
    excluded: ['torrent-unknown', 'nothing-to-offer', 'encryption-required'],
    note: 'a torrent of 12 GiB is added, and read; another one is active; over uTP it gives its reason',
    make: async (world, starting) => {
      const client = starting.keep(await Qbittorrent.start(world))
      const torrent = await largeTorrent(world)
      await client.add(torrent)
      await client.until(torrent, 'checkingDL', 'checkingUP')
      return { peer: client.peer, target: byFile(torrent) }
    },
  },
]

export const FAMILY: readonly SetSituation[] = [...LIBTORRENT, ...QBITTORRENT]
