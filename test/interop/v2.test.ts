import { afterAll, expect, test } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import type { OutputFiles } from '../../src/net/output-file.ts'
import { fetchBlock } from '../../src/run/fetch-block.ts'
import { decodeMetainfo } from '../../src/wire/metainfo.ts'
import type { InfoHashes } from '../../src/wire/info-hash.ts'
import { describePeer } from '../peers/describe-peer.ts'
import { startPeer, type RunningPeer } from '../peers/peer.ts'
import { makeTorrent, type TestTorrent } from '../peers/torrents.ts'
import { NETWORK_PORTS, probe, probeOptions } from '../support/probe.ts'

const FILES = [
  { path: 'a', length: 100_001 },
  { path: 'b', length: 40_000 },
]
const features = { fast: true, extensions: true, dht: false }

describePeer('libtorrent', () => {
  const made: TestTorrent[] = []

  afterAll(async () => {
    for (const torrent of made) await torrent.remove()
  })

  async function seeded(
    version: 'v1' | 'v2' | 'hybrid',
    run: (peer: RunningPeer, hashes: Partial<InfoHashes>, torrent: TestTorrent) => Promise<void>,
  ): Promise<void> {
    const torrent = await makeTorrent({ files: FILES, version, pieceLength: 32_768 })
    made.push(torrent)
    const { torrentBytes, dataFolder, infoHashV1, infoHashV2 } = torrent
    const peer = await startPeer('libtorrent', { torrent: torrentBytes, dataFolder })
    try {
      const hashes = {
        ...(infoHashV1 === undefined ? {} : { v1: infoHashV1 }),
        ...(infoHashV2 === undefined ? {} : { v2: infoHashV2 }),
      }
      await run(peer, hashes, torrent)
    } finally {
      await peer.stop()
    }
  }

  const short = (hash: Uint8Array | undefined) => toHex(hash?.subarray(0, 20) ?? new Uint8Array())

  test('a v1 torrent, and no v2 bit of ours for it', () =>
    seeded('v1', async (peer, { v1 }) => {
      const report = await probe(peer, { v1 })
      expect(report).toMatchObject({ exitCode: 0, handshake: { infoHash: short(v1) } })
    }))

  test.each(['plaintext', 'RC4'])('a v2 torrent by its hash cut to 20 bytes, %s', (encryption) =>
    seeded('v2', async (peer, { v2 }) => {
      const mode = encryption === 'RC4' ? 'require' : 'off'
      const report = await probe(peer, { v2 }, { encryption: mode })
      expect(report).toMatchObject({
        exitCode: 0,
        handshake: { infoHash: short(v2) },
        availability: { source: 'have-all' },
      })
    }),
  )

  test('a hybrid torrent by each of its hashes, and by the first with the offer of the second', () =>
    seeded('hybrid', async (peer, { v1, v2 }) => {
      const reports = [
        await probe(peer, { v1 }),
        await probe(peer, { v2 }),
        await probe(peer, { v1, v2 }),
        await probe(peer, { v1, v2 }, { features: { ...features, v2: true } }),
        await probe(peer, { v1, v2 }, { features: { ...features, v2: true }, encryption: 'require' }),
      ]
      expect(reports.map(({ exitCode }) => exitCode)).toStrictEqual([0, 0, 0, 0, 0])
      // encrypted, libtorrent stays with the hash that was the key
      expect(reports.map(({ handshake }) => handshake?.infoHash)).toStrictEqual(
        [v1, v2, v1, v2, v1].map(short),
      )
    }))

  test('the padded piece of a hybrid is proven over a v2 session, and its padding is not asked for', () =>
    seeded('hybrid', async (peer, _hashes, torrent) => {
      const metainfo = decodeMetainfo(torrent.torrentBytes)
      const written: Uint8Array[] = []
      const fetch = (length: number) =>
        fetchBlock(
          {
            ...probeOptions(peer, metainfo.infoHashes),
            torrent: { infoHashes: metainfo.infoHashes, name: undefined, metainfo },
            features: { ...features, v2: true },
            piece: 3,
            offset: 0,
            length,
            output: 'x',
            force: false,
            verify: true,
            repeat: 1,
            blockTimeoutMs: 10_000,
          },
          { ...NETWORK_PORTS, files: memoryFiles(written) },
        )
      expect(await fetch(1000)).toMatchObject({ exitCode: 0, block: { verified: 'piece-sha1' } })
      expect(Buffer.compare(written[0] ?? Buffer.alloc(0), torrent.content.subarray(98_304, 99_304))).toBe(0)
      expect(await fetch(2000)).toMatchObject({ exitCode: 2, error: { code: 'E_BAD_RANGE' } })
    }))
})

function memoryFiles(written: Uint8Array[]): OutputFiles {
  return {
    create: () =>
      Promise.resolve({
        write: (bytes: Uint8Array) => Promise.resolve(void written.push(bytes)),
        commit: () => Promise.resolve(),
        discard: () => Promise.resolve(),
      }),
  }
}
