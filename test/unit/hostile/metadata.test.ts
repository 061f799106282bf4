import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes.ts'
import { systemClock, type Clock } from '../../../src/net/clock.ts'
import type { InfoHashes } from '../../../src/wire/torrent/info-hash.ts'
import { fetchOptions, sessionOptions, testPorts } from '../../support/sessions/fetch-setup.ts'
import { sha1, startMetadataPeer, type MetadataPeerOptions } from '../../support/hostile/metadata-peer.ts'
import { connect, fetch, metadata } from '../../support/verdicts/commands.ts'

/** Metadata that does harm, from a peer on loopback. */

/** A second takes a fiftieth of one: the waits are the real ones. */
const hastyClock: Clock = {
  now: () => systemClock.now() * 50,
  schedule: (at, callback) => systemClock.schedule(at / 50, callback),
}

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peerwire-hostile-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function withPeer<T>(
  info: string,
  options: MetadataPeerOptions,
  run: (peer: { host: string; port: number }, target: { infoHashes: InfoHashes }) => Promise<T>,
): Promise<T> {
  const bytes = encodeUtf8(info)
  const peer = await startMetadataPeer(bytes, options)
  try {
    return await run(peer, { infoHashes: { v1: sha1(bytes), v2: undefined } })
  } finally {
    await peer.stop()
  }
}

function metadataOf(info: string, options: MetadataPeerOptions = {}, clock: Clock = systemClock) {
  return withPeer(info, options, (peer, target) => {
    const output = join(folder, 'x.torrent')
    return metadata(
      { ...sessionOptions(peer, target), encryption: 'off', output, force: false },
      { ...testPorts(), clock },
    )
  })
}

const pieces = (count: number) => `6:pieces${20 * count}:${'h'.repeat(20 * count)}`
const GOOD = `d6:lengthi9e4:name1:a12:piece lengthi16384e${pieces(1)}e`
const file = (...path: readonly string[]) =>
  `d6:lengthi9e4:pathl${path.map((element) => `${element.length}:${element}`).join('')}ee`
const files = (...list: readonly string[]) =>
  `d5:filesl${list.join('')}e4:name1:a12:piece lengthi16384e${pieces(1)}e`

test('the torrent that the others are made from is fine', async () => {
  expect(await metadataOf(GOOD)).toMatchObject({ exitCode: 0, metadata: { fileCount: 1 } })
})

describe.each([
  ['piece length 0', GOOD.replace('i16384e', 'i0e')],
  ['piece length 2^63', GOOD.replace('i16384e', 'i9223372036854775808e')],
  ['piece hashes that are not whole', GOOD.replace('6:pieces20:', '6:pieces19:').replace('hhe', 'he')],
  ['piece hashes for another length', GOOD.replace('6:lengthi9e', '6:lengthi99999999e')],
  ['a length of -1', GOOD.replace('i9e', 'i-1e')],
  ['a length of 2^63', GOOD.replace('i9e', 'i9223372036854775808e')],
  ['no dictionary', 'le'],
  ['a dictionary of nothing', 'de'],
  ['lists nested', 'l'.repeat(16_000)],
])('H29 metadata with a valid hash and %s', (_, info) => {
  test('ends metadata with exit 7 and leaves no file', async () => {
    const report = await metadataOf(info)
    expect(report).toMatchObject({
      ok: false,
      exitCode: 7,
      metadata: null,
      error: { code: 'E_METADATA_INVALID', phase: 'metadata' },
    })
    expect(report.error?.message).toMatch(
      /^the metadata has the info hash and is not a torrent: .* \(at byte \d+\)$/,
    )
    expect(await readdir(folder)).toStrictEqual([])
  })

  test('ends fetch the same way', async () => {
    const report = await withPeer(info, {}, (peer, target) =>
      fetch(fetchOptions(peer, target, folder, { encryption: 'off' }), testPorts()),
    )
    expect(report).toMatchObject({ ok: false, exitCode: 7, error: { code: 'E_METADATA_INVALID' } })
    expect(await readdir(folder)).toStrictEqual([])
  })
})

describe('H29 names that would lead out of a folder, or that no file can have', () => {
  test.each([
    ['a name of 65 KiB', GOOD.replace('1:a', `66560:${'n'.repeat(66_560)}`), /^n{238}~[0-9a-f]{16}$/],
    ['an empty path', files(file()), 'a'],
    ['a path that leads out', files(file('..', '..', 'etc', 'passwd')), 'a/etc/passwd'],
    ['a path from the root', files(file('/etc', 'passwd')), 'a/%2Fetc/passwd'],
    ['a name that leads out', GOOD.replace('1:a', '5:../..'), '..%2F..'],
    ['a path of 65 KiB', files(file('p'.repeat(66_560))), /^a\/p{238}~[0-9a-f]{16}$/],
  ])('%s is cleaned', async (_, info, path) => {
    const report = await metadataOf(info)
    expect(report).toMatchObject({ exitCode: 0, metadata: { fileCount: 1 } })
    const [listed] = report.metadata?.files ?? []
    if (typeof path === 'string') expect(listed?.path).toBe(path)
    else expect(listed?.path).toMatch(path)
    expect(await readdir(folder)).toStrictEqual(['x.torrent'])
  })
})

describe('H27', () => {
  test.each(['i0e', 'i-1e', 'i2147483648e', 'i4294967295e', 'i9223372036854775808e', '4:1000'])(
    'a metadata_size of %s ends metadata at once',
    async (value) => {
      const report = await metadataOf(GOOD, { announced: `13:metadata_size${value}` })
      expect(report).toMatchObject({ exitCode: 8, error: { code: 'E_METADATA_SIZE', phase: 'metadata' } })
      expect(report.error?.message).toContain("the peer's metadata_size is not usable")
    },
  )

  test('sizes that differ from peer to peer: each is believed for itself only', async () => {
    const small = metadataOf(GOOD, { announced: '13:metadata_sizei1e' })
    const large = metadataOf(GOOD, { announced: '13:metadata_sizei33554432e' })
    expect([await small, await large]).toMatchObject([
      { error: { code: 'E_METADATA_SIZE' } },
      { error: { code: 'E_METADATA_SIZE' } },
    ])
  })
})

describe('H28', () => {
  test('answers that cannot be read count for nothing, and are named with their place', async () => {
    const report = await metadataOf(GOOD, { answer: () => [encodeUtf8('d8:msg_type')] }, hastyClock)
    expect(report).toMatchObject({ exitCode: 6, error: { code: 'E_METADATA_TIMEOUT' } })
    const finding = report.findings.find(({ id }) => id === 'extension-message-malformed')
    expect(finding).toMatchObject({ severity: 'error', reference: 'BEP 9' })
    expect(finding?.detail).toMatch(/^ut_metadata: .* \(byte \d+\)/)
  })

  test('ten answers where one was asked for', async () => {
    const report = await metadataOf(GOOD, { answer: (_, honest) => Array(10).fill(honest) })
    expect(report).toMatchObject({ exitCode: 0, metadata: { fileCount: 1 } })
    expect(report.findings).toMatchObject([{ id: 'metadata-not-requested' }])
  })

  test('a size that changes in the middle', async () => {
    const lie = (honest: Uint8Array) => {
      const text = Buffer.from(honest).toString('latin1')
      return Buffer.from(text.replace(/total_sizei\d+e/, 'total_sizei7e'), 'latin1')
    }
    const report = await metadataOf(GOOD, { answer: (_, honest) => [new Uint8Array(lie(honest))] })
    expect(report).toMatchObject({ exitCode: 0 })
    expect(report.findings).toMatchObject([{ id: 'metadata-total-size' }])
  })
})

test('H36 the v2 bit of a peer whose torrent is v1: for a bare v1 hash nothing changes', async () => {
  const features = ['extension-protocol', 'fast', 'v2'] as const
  const report = await metadataOf(GOOD, { features })
  expect(report).toMatchObject({
    exitCode: 0,
    metadata: { version: 'v1', pieceCount: 1 },
    torrent: { infoHashV2: null },
    handshake: { features: expect.arrayContaining(['v2']) },
  })
  const seen = await withPeer(GOOD, { features }, (peer, target) =>
    connect(
      { ...sessionOptions(peer, target), encryption: 'off', interested: false, settleMs: 10, waitMs: 10_000 },
      testPorts(),
    ),
  )
  expect(seen).toMatchObject({
    exitCode: 0,
    findings: [],
    handshake: { features: expect.arrayContaining(['v2']) },
  })
})
