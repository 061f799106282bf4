import { startPeer } from '../../../peers/peer.ts'
import { Aria2 } from '../../clients/aria2.ts'
import { companion } from '../../clients/companion.ts'
import { Rtorrent } from '../../clients/rtorrent.ts'
import { STATUS, Transmission } from '../../clients/transmission.ts'
import type { SetSituation } from '../../set/situation.ts'
import { damage, dataCopy } from '../../torrents.ts'
import { HASH_REFUSED, KNOWN_AND_REFUSED, NO_PROOF_AT_ALL, PLAINTEXT_REFUSED } from '../../truths.ts'
import { byFile, type World } from '../../world.ts'
import { largeTorrent } from '../large-torrent.ts'

const hybrid = (world: World) => world.torrent('both versions', { version: 'hybrid' })

const hex = (hash: Uint8Array | undefined): string => Buffer.from(hash ?? []).toString('hex')

/** Has a Transmission read a torrent of 12 GiB. */
async function checking(client: Transmission, world: World) {
  const torrent = await largeTorrent(world)
  const metainfo = Buffer.from(torrent.torrentBytes).toString('base64')
  await client.call('torrent-add', { metainfo, 'download-dir': torrent.dataFolder, paused: true })
  await client.act('torrent-verify', torrent)
  await client.until(torrent, ({ status }) => status === STATUS.checking)
  return torrent
}

const TRANSMISSION: readonly SetSituation[] = [
  {
    name: 'Transmission checks the data',
    causes: ['torrent-inactive'],
    ambiguous: KNOWN_AND_REFUSED,
    excluded: ['torrent-unknown', 'encryption-required', 'nothing-to-offer'],
    note: 'torrent-verify of 12 GiB; TCP only; inside MSE it proves that it knows the hash',
    make: async (world, starting) => {
      const client = starting.keep(await Transmission.start(world))
      const torrent = await checking(client, world)
      return { peer: client.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'Transmission: the torrent waits until another one has been checked',
    causes: ['torrent-inactive'],
    ambiguous: KNOWN_AND_REFUSED,
    excluded: ['torrent-unknown', 'encryption-required', 'nothing-to-offer'],
    note: 'torrent-verify is pending behind one of 12 GiB; TCP only',
    make: async (world, starting) => {
      const client = starting.keep(await Transmission.start(world))
      const torrent = await world.torrent('pending')
      await client.add(torrent)
      await checking(client, world)
      await client.act('torrent-verify', torrent)
      await client.until(torrent, ({ status }) => status === STATUS.waitsForCheck)
      return { peer: client.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'Transmission requires encryption, and the torrent is at its limit of one peer',
    causes: ['connection-limit'],
    also: ['encryption-required'],
    ambiguous: KNOWN_AND_REFUSED,
    excluded: ['torrent-unknown', 'plaintext-filtered'],
    note: 'peer-limit 1, taken before encryption was required; TCP only',
    make: async (world, starting) => {
      const client = starting.keep(await Transmission.start(world))
      const torrent = await world.torrent('full')
      await client.seed(torrent)
      await client.set(torrent, { 'peer-limit': 1 })
      const other = await companion(client.running.port, torrent.handshakeInfoHash, '127.0.0.9')
      starting.keep({ stop: () => other.leave() })
      await client.settings({ encryption: 'required' })
      return { peer: client.peer, target: byFile(torrent) }
    },
  },
]

const ARIA2: readonly SetSituation[] = [
  {
    name: 'aria2 uploads 4 kB a second',
    causes: ['rate-limit', 'works'],
    isOneOf: true,
    excluded: ['stalls', 'path-dies', 'path-mtu', 'chokes-on-request'],
    note: 'max-upload-limit of the torrent: a block takes 4 s',
    make: async (world, starting) => {
      const client = starting.keep(await Aria2.start(world))
      const torrent = await world.torrent('slow')
      await client.add(torrent, { 'max-upload-limit': '4K' })
      return { peer: client.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'aria2 requires encryption of the handshake, and uploads 1 kB a second',
    causes: ['encryption-required', 'rate-limit'],
    also: ['works'],
    ambiguous: PLAINTEXT_REFUSED,
    excluded: ['stalls', 'path-dies', 'torrent-unknown'],
    note: 'bt-require-crypto with bt-min-crypto-level=plain; no uTP, so only the close shows it',
    make: async (world, starting) => {
      const client = starting.keep(await Aria2.start(world, { encryption: 'require' }))
      const torrent = await world.torrent('slow, encrypted')
      await client.add(torrent, { 'max-upload-limit': '1K' })
      return { peer: client.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'aria2 under the name of qBittorrent',
    causes: ['works'],
    excluded: ['protocol-broken'],
    note: 'peer-id-prefix and peer-agent, as for private trackers',
    make: async (world, starting) => {
      const names = { peerIdPrefix: '-qB4520-', version: 'qBittorrent/4.5.2' }
      const client = starting.keep(await Aria2.start(world, { names }))
      return { peer: client.peer, target: byFile(await world.torrent('usual')) }
    },
  },
  {
    name: 'aria2: the data was damaged after it had been checked',
    causes: ['bad-data'],
    also: ['works'],
    excluded: ['data-gone', 'stalls'],
    note: 'one wrong byte in every piece; aria2 sends what it reads',
    make: async (world, starting) => {
      const client = starting.keep(await Aria2.start(world))
      const torrent = await world.torrent('damaged')
      const folder = await dataCopy(world, torrent)
      await client.add(torrent, {}, folder)
      await damage(torrent, folder)
      return { peer: client.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'aria2 has loaded a hybrid torrent',
    causes: ['torrent-unknown'],
    ambiguous: [...HASH_REFUSED, 'other-hash'],
    excluded: ['encryption-required', 'plaintext-filtered', 'nothing-to-offer'],
    note: 'aria2 1.36 seeds it by a hash that is neither the v1 nor the v2 one (it writes the dictionary again), so that nobody finds it there',
    make: async (world, starting) => {
      const client = starting.keep(await Aria2.start(world))
      const torrent = await hybrid(world)
      await client.add(torrent)
      return { peer: client.peer, target: byFile(torrent) }
    },
  },
]

const RTORRENT: readonly SetSituation[] = [
  {
    name: 'rTorrent requires encryption, and does not know the torrent',
    causes: ['torrent-unknown'],
    also: ['encryption-required'],
    ambiguous: [...NO_PROOF_AT_ALL, ...PLAINTEXT_REFUSED],
    note: 'allow_incoming,require,require_RC4; plaintext is reset; another torrent is active',
    make: async (world, starting) => {
      const settings = ['protocol.encryption.set = allow_incoming,require,require_RC4']
      const client = starting.keep(await Rtorrent.start(settings))
      await client.seed(await world.torrent('other'))
      return { peer: client.peer, target: byFile(await world.torrent('usual')) }
    },
  },
  {
    name: 'rTorrent is at its limit of one peer',
    causes: ['connection-limit'],
    ambiguous: NO_PROOF_AT_ALL,
    excluded: ['encryption-required', 'plaintext-filtered', 'nothing-to-offer'],
    note: 'd.peers_max.set = 1, taken from another address',
    make: async (world, starting) => {
      const client = starting.keep(await Rtorrent.start())
      const torrent = await world.torrent('usual')
      await client.seed(torrent)
      await client.act('d.peers_min.set', torrent, '1')
      await client.act('d.peers_max.set', torrent, '1')
      const port = Number(client.peer.split(':').at(-1))
      const other = await companion(port, torrent.handshakeInfoHash, '127.0.0.9')
      starting.keep({ stop: () => other.leave() })
      return { peer: client.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'rTorrent seeds a hybrid torrent, and only the v2 hash is given',
    causes: ['torrent-unknown', 'other-hash'],
    isOneOf: true,
    ambiguous: [...NO_PROOF_AT_ALL, 'other-hash'],
    excluded: ['encryption-required', 'plaintext-filtered', 'nothing-to-offer'],
    note: 'it knows the torrent by its v1 hash alone; nobody who has only the other one can see that',
    make: async (world, starting) => {
      const client = starting.keep(await Rtorrent.start())
      const torrent = await hybrid(world)
      await client.seed(torrent)
      return { peer: client.peer, target: ['-i', hex(torrent.infoHashV2)] }
    },
  },
  {
    name: 'rTorrent seeds a hybrid torrent, and a link with both hashes is given',
    causes: ['works'],
    excluded: ['torrent-unknown', 'metadata-missing'],
    note: 'rTorrent knows v1 alone; xt=urn:btih and xt=urn:btmh',
    make: async (world, starting) => {
      const client = starting.keep(await Rtorrent.start())
      const torrent = await hybrid(world)
      await client.seed(torrent)
      const link = `magnet:?xt=urn:btih:${hex(torrent.handshakeInfoHash)}&xt=urn:btmh:1220${hex(torrent.infoHashV2)}`
      return { peer: client.peer, target: ['-i', link] }
    },
  },
]

const WEBTORRENT: readonly SetSituation[] = [
  {
    name: 'webtorrent has no torrent at all',
    causes: ['torrent-unknown'],
    ambiguous: [...NO_PROOF_AT_ALL, 'no-active-torrent', 'not-bittorrent'],
    excluded: ['encryption-required', 'nothing-listens', 'http-server'],
    note: 'its only torrent was removed; no MSE and no uTP, so it proves little',
    make: async (world, starting) => {
      const torrent = await world.torrent('usual')
      const { torrentPath, dataFolder } = torrent
      const client = starting.keep(await startPeer('webtorrent', { torrent: torrentPath, dataFolder }))
      await client.removeTorrent()
      return { peer: `${client.host}:${client.port}`, target: byFile(torrent) }
    },
  },
]

export const CLIENTS: readonly SetSituation[] = [...TRANSMISSION, ...ARIA2, ...RTORRENT, ...WEBTORRENT]
