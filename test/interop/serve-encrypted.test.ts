import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '../../src/net/clock.ts'
import { openDiskStore } from '../../src/net/disk-store.ts'
import { acceptEncrypted } from '../../src/net/encrypted-listen.ts'
import { startSeeder } from '../../src/net/seeder.ts'
import { listenTcp } from '../../src/net/tcp.ts'
import type { Listen } from '../../src/net/transport.ts'
import { listenUtp } from '../../src/net/utp.ts'
import { decodeMetainfo } from '../../src/wire/metainfo.ts'
import { indexTorrents } from '../../src/wire/mse.ts'
import { describePeer } from '../peers/describe-peer.ts'
import { startPeer, type PeerKind, type PeerOptions } from '../peers/peer.ts'
import { makeEmptyFolder, makeTorrent } from '../peers/torrents.ts'

const torrent = await makeTorrent({ length: 5 * 262_144 + 4321 })

afterAll(() => torrent.remove())

interface Download {
  readonly seen: readonly string[]
  readonly isSame: boolean
}

/** A real client downloads everything from a seeder that takes all transports, encrypted or not. */
async function download(kind: PeerKind, how: Partial<PeerOptions>): Promise<Download> {
  const metainfo = decodeMetainfo(torrent.torrentBytes)
  const store = await openDiskStore(metainfo, torrent.dataFolder)
  const encrypted = (listen: Listen) =>
    acceptEncrypted(listen, {
      clock: systemClock,
      random: (length) => randomBytes(length),
      stepTimeoutMs: 10_000,
      findTorrent: indexTorrents([torrent.handshakeInfoHash]),
      plaintext: 'accept',
    })
  const seen = new Set<string>()
  const seeder = await startSeeder({
    listen: { address: '127.0.0.1', port: 0, family: 4 },
    torrent: { metainfo, have: 'all', store },
    transports: [encrypted(listenTcp), encrypted(listenUtp)],
    peerId: new TextEncoder().encode('-PW0100-abcdefghijkl'),
    random: Math.random,
    onEvent: (event) => {
      if (event.type === 'connected') seen.add(`${event.transport.kind} ${event.transport.encryption}`)
    },
  })
  const folder = await makeEmptyFolder()
  const { address: host, port } = seeder.address
  const peer = await startPeer(kind, {
    torrent: torrent.torrentBytes,
    dataFolder: folder.path,
    role: 'download',
    connectTo: { host, port },
    ...how,
  })
  try {
    await peer.completed()
    const content = await readFile(join(folder.path, torrent.name))
    return { seen: [...seen], isSame: content.equals(torrent.content) }
  } finally {
    await peer.stop()
    await seeder.close('abort')
    await store.close()
    await folder.remove()
  }
}

describePeer('libtorrent', () => {
  test.each([
    { how: { encryption: 'off' }, connection: 'tcp plaintext' },
    { how: { encryption: 'rc4-only' }, connection: 'tcp rc4' },
    { how: { encryption: 'plaintext-in-mse-only' }, connection: 'tcp mse-plaintext' },
    { how: { encryption: 'off', transport: 'utp' }, connection: 'utp plaintext' },
    { how: { encryption: 'rc4-only', transport: 'utp' }, connection: 'utp rc4' },
  ] as const)('downloads over $connection', async ({ how, connection }) => {
    expect(await download('libtorrent', how)).toStrictEqual({ seen: [connection], isSame: true })
  })
})

describePeer('qbittorrent', () => {
  test('downloads with encryption required', async () => {
    expect(await download('qbittorrent', { encryption: 'require' })).toStrictEqual({
      seen: ['tcp rc4'],
      isSame: true,
    })
  })
})

describePeer('aria2', () => {
  test('downloads with RC4 required', async () => {
    expect(await download('aria2', { encryption: 'rc4-only' })).toStrictEqual({
      seen: ['tcp rc4'],
      isSame: true,
    })
  })
})
