import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ErrorCode } from '../../../../src/base/errors.ts'
import type { SessionTrace } from '../../../../src/run/options.ts'
import type { MetadataOutcome } from '../../../../src/trace/metadata.ts'
import type { InfoHashes } from '../../../../src/wire/torrent/info-hash.ts'
import { decodeInfo, decodeMetainfo } from '../../../../src/wire/torrent/metainfo.ts'
import { fetchOptions, sessionOptions, testPorts } from '../../../support/sessions/fetch-setup.ts'
import { makeV1Torrent } from '../../../support/torrents/made-torrent.ts'
import { makeV2Torrent } from '../../../support/torrents/made-v2-torrent.ts'
import { startSeeder, type SeederScript } from '../../../support/peers/scripted-seeder.ts'
import { fetch, metadata } from '../../../support/verdicts/commands.ts'

/** 4000 pieces of 16 KiB: 80 000 bytes of metadata, five pieces of it. */
const torrent = makeV1Torrent({ pieceLength: 16_384, length: 4000 * 16_384 })
const { infoHashes, infoBytes } = torrent.metainfo

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peerwire-metadata-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function metadataFrom(script: SeederScript, output?: string, trace?: SessionTrace) {
  const seeder = await startSeeder(torrent, script)
  try {
    const options = { ...sessionOptions(seeder, { infoHashes }), output, force: false, trace }
    return await metadata(options, testPorts())
  } finally {
    await seeder.stop()
  }
}

test('the info dictionary comes to the byte, from the hash alone', async () => {
  const output = join(folder, 'x.torrent')
  const report = await metadataFrom({}, output)
  expect(report).toMatchObject({
    schema: 'peerwire.metadata/1',
    exitCode: 0,
    torrent: { name: 'content', pieceCount: 4000, pieceLength: 16_384 },
    metadata: { size: infoBytes.length, version: 'v1', fileCount: 1, private: false, output },
  })
  const written = decodeMetainfo(new Uint8Array(await readFile(output)))
  expect(Buffer.compare(written.infoBytes, infoBytes)).toBe(0)
})

test('a peer that offers v2 for a hash of v1 alone is asked for nothing of v2', async () => {
  const seeder = await startSeeder(torrent, { features: ['extension-protocol', 'fast', 'v2'] })
  try {
    const described = await metadata(
      { ...sessionOptions(seeder, { infoHashes }), output: undefined, force: false },
      testPorts(),
    )
    expect(described).toMatchObject({ exitCode: 0, metadata: { version: 'v1' } })
    expect(described.handshake?.features).toContain('v2')
    const asked = { ...fetchOptions(seeder, { infoHashes }, folder), pieces: [[7, 8]] as const }
    const fetched = await fetch(asked, testPorts())
    expect(fetched).toMatchObject({ exitCode: 0, fetch: { fetched: 2, bad: [] } })
    expect(seeder.received.map(({ type }) => type)).not.toContain('hash-request')
  } finally {
    await seeder.stop()
  }
})

test.each<[string, SeederScript]>([
  ['each piece twice', { onMetadataRequest: (_, answer) => [answer, answer] }],
  [
    'pieces nobody asked for, and rejects of them',
    {
      onMetadataRequest: (_, answer) => [
        { type: 'data', piece: 4_000_000, totalSize: 1, data: new Uint8Array(16_384) },
        { type: 'reject', piece: 77 },
        { type: 'unknown', messageType: 9 },
        answer,
      ],
    },
  ],
  [
    'another total size in the messages',
    { onMetadataRequest: (_, answer) => [{ ...answer, ...{ totalSize: 16_384 } }] },
  ],
])('a sloppy peer is put up with: %s', async (_, script) => {
  expect(await metadataFrom(script)).toMatchObject({ exitCode: 0, metadata: { size: infoBytes.length } })
})

test.each<[string, SeederScript, number, ErrorCode, MetadataOutcome]>([
  ['no extension protocol', { features: ['fast'] }, 8, 'E_NO_EXTENSION_PROTOCOL', 'not-offered'],
  ['no ut_metadata', { offersMetadata: false }, 8, 'E_NO_METADATA_EXTENSION', 'not-offered'],
  ['no size', { metadataSize: null }, 8, 'E_METADATA_SIZE', 'size-missing'],
  [
    'a size that is one too small',
    { metadataSize: infoBytes.length - 1 },
    8,
    'E_METADATA_SIZE',
    'length-wrong',
  ],
  ['a size of one byte', { metadataSize: 1 }, 8, 'E_METADATA_SIZE', 'length-wrong'],
  ['the largest size there is', { metadataSize: 32 * 1024 * 1024 }, 8, 'E_METADATA_SIZE', 'length-wrong'],
  [
    'reject',
    { onMetadataRequest: (piece) => [{ type: 'reject', piece }] },
    8,
    'E_METADATA_REJECTED',
    'rejected',
  ],
  [
    'empty pieces',
    { onMetadataRequest: (_, answer) => [{ ...answer, ...{ data: new Uint8Array() } }] },
    8,
    'E_METADATA_SIZE',
    'length-wrong',
  ],
  [
    'zeros',
    {
      onMetadataRequest: (_, answer) => [
        answer.type === 'data' ? { ...answer, data: new Uint8Array(answer.data.length) } : answer,
      ],
    },
    7,
    'E_METADATA_HASH',
    'hash-wrong',
  ],
])(
  '%s: exit, code and trace tell it apart, and no file is left',
  async (_, script, exitCode, code, outcome) => {
    const output = join(folder, 'x.torrent')
    const recorded: string[] = []
    const report = await metadataFrom(script, output, (event) => {
      if (event.type === 'metadata') recorded.push(event.outcome)
    })
    expect(recorded).toStrictEqual([outcome])
    expect(report).toMatchObject({ ok: false, exitCode, error: { code }, metadata: null })
    await expect(readFile(output)).rejects.toThrow('ENOENT')
  },
)

test('of two hashes of which the metadata has one, the other is named, and not the peer', async () => {
  const seeder = await startSeeder(torrent, {})
  try {
    const hashes = { ...infoHashes, v2: new Uint8Array(32) }
    const options = { ...sessionOptions(seeder, { infoHashes: hashes }), output: undefined, force: false }
    const hint = 'the metadata has the other given hash: check that both hashes are of one torrent'
    expect(await metadata(options, testPorts())).toMatchObject({
      exitCode: 7,
      error: { code: 'E_METADATA_HASH', message: expect.stringContaining('SHA-256') as unknown, hint },
    })
  } finally {
    await seeder.stop()
  }
})

test('fetch takes the metadata from the peer when it has only a hash', async () => {
  const seeder = await startSeeder(torrent, {})
  try {
    const options = fetchOptions(seeder, { infoHashes }, folder, { pieces: [[3, 5]] })
    const report = await fetch(options, testPorts())
    expect(report).toMatchObject({
      exitCode: 0,
      torrent: { pieceCount: 4000 },
      fetch: { wanted: '3-5', fetched: 3 },
    })
    const written = new Uint8Array(await readFile(join(folder, 'content')))
    const [start, end] = [3 * 16_384, 6 * 16_384]
    expect(Buffer.compare(written.subarray(start, end), torrent.content.subarray(start, end))).toBe(0)
  } finally {
    await seeder.stop()
  }
})

const HYBRID = makeV2Torrent({ hybrid: true })
const HYBRID_HASHES = decodeInfo(HYBRID.metainfo.infoBytes).infoHashes
const answering: SeederScript = {
  onHashRequest: (request, { send }) => {
    const answer = HYBRID.answer(request)
    if (answer.type === 'hashes') send({ type: 'hashes', request, hashes: answer.hashes })
  },
}
const rejecting: SeederScript = {
  onHashRequest: (request, { send }) => send({ type: 'hash-reject', request }),
}

test.each<{
  readonly name: string
  readonly asked: Partial<InfoHashes>
  readonly served?: Partial<InfoHashes>
  readonly script?: SeederScript
  readonly connections: number
  readonly code?: ErrorCode
}>([
  { name: 'by its v1 hash', asked: { v1: HYBRID_HASHES.v1 }, connections: 2 },
  { name: 'by its v2 hash', asked: { v2: HYBRID_HASHES.v2 }, connections: 1 },
  { name: 'by both hashes', asked: HYBRID_HASHES, connections: 2 },
  {
    name: 'by its v1 hash, with rejects',
    asked: { v1: HYBRID_HASHES.v1 },
    script: rejecting,
    connections: 2,
    code: 'E_HASHES_REJECTED',
  },
  {
    name: 'by its v2 hash, with rejects',
    asked: { v2: HYBRID_HASHES.v2 },
    script: rejecting,
    connections: 1,
    code: 'E_HASHES_REJECTED',
  },
  {
    name: 'of a peer that knows its v1 hash only',
    asked: { v1: HYBRID_HASHES.v1 },
    served: { v1: HYBRID_HASHES.v1 },
    connections: 2,
    code: 'E_WRONG_INFO_HASH',
  },
])(
  'the .torrent of a hybrid $name',
  async ({ asked, served = HYBRID_HASHES, script = answering, connections, code }) => {
    const output = join(folder, 'x.torrent')
    const infoHashes = { v1: undefined, v2: undefined, ...served }
    const seeder = await startSeeder({ ...HYBRID, metainfo: { ...HYBRID.metainfo, infoHashes } }, script)
    try {
      const target = { infoHashes: { v1: undefined, v2: undefined, ...asked } }
      const report = await metadata({ ...sessionOptions(seeder, target), output, force: false }, testPorts())
      const complete = code === undefined
      expect(report).toMatchObject({
        exitCode: 0,
        error: null,
        attempts: { length: connections },
        metadata: { output, version: 'hybrid', pieceLayers: { complete, error: complete ? null : { code } } },
      })
      const written = decodeMetainfo(new Uint8Array(await readFile(output)))
      expect(written.infoHashes).toStrictEqual(HYBRID_HASHES)
      expect(written.pieceLayers?.size).toBe(complete ? 1 : 0)
      expect(seeder.connections).toBe(connections)
    } finally {
      await seeder.stop()
    }
  },
)

test('a hybrid of one piece needs no piece layers, and no second connection', async () => {
  const output = join(folder, 'x.torrent')
  const small = makeV2Torrent({ hybrid: true, length: 9000 })
  const { infoHashes } = decodeInfo(small.metainfo.infoBytes)
  const seeder = await startSeeder({ ...small, metainfo: { ...small.metainfo, infoHashes } }, {})
  try {
    const report = await metadata(
      { ...sessionOptions(seeder, { infoHashes }), output, force: false },
      testPorts(),
    )
    expect(report).toMatchObject({
      exitCode: 0,
      attempts: { length: 1 },
      metadata: { pieceLayers: { complete: true } },
    })
    expect(decodeMetainfo(new Uint8Array(await readFile(output))).pieceLayers?.size).toBe(0)
  } finally {
    await seeder.stop()
  }
})
