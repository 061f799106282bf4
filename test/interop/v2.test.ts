import { afterAll, expect, test } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import type { OutputFiles } from '../../src/net/files/output-file.ts'
import type { FetchBlockReport } from '../../src/report/model/fetch-block.ts'
import type { FetchBlockOptions } from '../../src/run/options.ts'
import { decodeMetainfo } from '../../src/wire/torrent/metainfo.ts'
import type { InfoHashes } from '../../src/wire/torrent/info-hash.ts'
import { describePeer } from '../peers/describe-peer.ts'
import type { PeerOptions } from '../peers/options.ts'
import { startPeer, type RunningPeer } from '../peers/peer.ts'
import { makeTorrent, type TestTorrent } from '../peers/torrents.ts'
import { NETWORK_PORTS, probe, probeOptions } from '../support/sessions/probe.ts'
import { fetch, fetchBlock, metadata } from '../support/verdicts/commands.ts'

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
    changes: Pick<PeerOptions, 'onePeerPerAddress'> = {},
  ): Promise<void> {
    const torrent = await makeTorrent({ files: FILES, version, pieceLength: 32_768 })
    made.push(torrent)
    const { torrentBytes, dataFolder, infoHashV1, infoHashV2 } = torrent
    const peer = await startPeer('libtorrent', { torrent: torrentBytes, dataFolder, ...changes })
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

  test('a hybrid that has met us on its v2 hash answers with that ever after: the same torrent to every command', () =>
    seeded(
      'hybrid',
      async (peer, { v1, v2 }, torrent) => {
        expect(await probe(peer, { v1, v2 }, { features: { ...features, v2: true } })).toMatchObject({
          exitCode: 0,
        })
        const answered = {
          exitCode: 0,
          handshake: { infoHash: short(v2) },
          findings: expect.arrayContaining([expect.objectContaining({ id: 'hybrid-other-hash' })]),
        }
        expect(await probe(peer, { v1, v2 })).toMatchObject(answered)
        const block = await fetchFrom(peer, torrent, { verify: false })
        expect(block.report).toMatchObject(answered)
        expect(Buffer.compare(block.written, torrent.content.subarray(98_304, 99_304))).toBe(0)
        const metainfo = decodeMetainfo(torrent.torrentBytes)
        const target = { infoHashes: metainfo.infoHashes, name: undefined, metainfo: undefined }
        const from = {
          ...probeOptions(peer, metainfo.infoHashes),
          blockTimeoutMs: 10_000,
          progress: undefined,
        }
        for (const known of [metainfo, undefined]) {
          const whole = {
            ...from,
            torrent: { ...target, metainfo: known },
            output: undefined,
            pieces: undefined,
            sample: undefined,
          }
          const fetched = await fetch(whole, NETWORK_PORTS)
          expect(fetched).toMatchObject({ ...answered, fetch: { complete: true } })
        }
        const described = await metadata(
          { ...from, torrent: target, output: undefined, force: false },
          NETWORK_PORTS,
        )
        expect(described).toMatchObject(answered)
        expect(await probe(peer, { v1 })).toMatchObject({ exitCode: 4, error: { code: 'E_WRONG_INFO_HASH' } })
      },
      { onePeerPerAddress: true },
    ))

  async function fetchFrom(
    peer: RunningPeer,
    torrent: TestTorrent,
    changes: Partial<FetchBlockOptions>,
  ): Promise<{ readonly report: FetchBlockReport; readonly written: Uint8Array }> {
    const metainfo = decodeMetainfo(torrent.torrentBytes)
    const { infoHashes } = metainfo
    const written: Uint8Array[] = []
    const options: FetchBlockOptions = {
      ...probeOptions(peer, infoHashes),
      torrent: { infoHashes, name: undefined, metainfo },
      piece: 3,
      offset: 0,
      length: 1000,
      output: 'x',
      force: false,
      verify: true,
      repeat: 1,
      blockTimeoutMs: 10_000,
      ...changes,
    }
    const report = await fetchBlock(options, { ...NETWORK_PORTS, files: memoryFiles(written) })
    return { report, written: new Uint8Array(Buffer.concat(written)) }
  }

  test('a block at the padding of a hybrid is proven over a v2 session, and its padding is not asked for', () =>
    seeded('hybrid', async (peer, { v2 }, torrent) => {
      const { report, written } = await fetchFrom(peer, torrent, {})
      expect(report).toMatchObject({
        exitCode: 0,
        handshake: { infoHash: short(v2) },
        block: { verified: 'merkle-proof', proof: { baseLayer: 0, index: 6, length: 2 } },
      })
      expect(Buffer.compare(written, torrent.content.subarray(98_304, 99_304))).toBe(0)
      const padding = await fetchFrom(peer, torrent, { length: 2000 })
      expect(padding.report).toMatchObject({ exitCode: 2, error: { code: 'E_BAD_RANGE' } })
    }))

  test('a hybrid that stays in v1 is proven by SHA-1', () =>
    seeded('hybrid', async (peer, _hashes, torrent) => {
      const { report } = await fetchFrom(peer, torrent, { encryption: 'require' })
      expect(report).toMatchObject({ exitCode: 0, block: { verified: 'piece-sha1', proof: null } })
    }))

  test('a block of a v2 torrent is proven, with the .torrent and with the hash alone', () =>
    seeded('v2', async (peer, { v2 }, torrent) => {
      const known = await fetchFrom(peer, torrent, { piece: 1, offset: 10_000, length: 10_000 })
      const hashAlone = await fetchFrom(peer, torrent, {
        torrent: { infoHashes: { v1: undefined, v2 }, name: undefined, metainfo: undefined },
        metadata: true,
        piece: 1,
        offset: 10_000,
        length: 10_000,
      })
      for (const { report, written } of [known, hashAlone]) {
        expect(report).toMatchObject({
          exitCode: 0,
          torrent: { pieceCount: 6, pieceLength: 32_768 },
          block: { verified: 'merkle-proof', proof: { baseLayer: 0, index: 2, length: 2 } },
        })
        expect(Buffer.compare(written, torrent.content.subarray(42_768, 52_768))).toBe(0)
      }
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
