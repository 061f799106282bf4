import { describe, expect, test } from 'vitest'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fetchOptions, sessionOptions, testPorts } from '../../support/sessions/fetch-setup.ts'
import { makeV2Torrent, type MadeV2Torrent } from '../../support/torrents/made-v2-torrent.ts'
import { startSeeder, type SeederScript } from '../../support/peers/scripted-seeder.ts'
import { fetch, fetchBlock } from '../../support/verdicts/commands.ts'

/** A hybrid torrent whose two kinds of hashes contradict each other: one answer from every command, and no peer is to blame. */

const CONTRADICTS = { exitCode: 7, error: { code: 'E_HASHES_CONTRADICT' } }

/** The torrent as a seed has it that knows v1 only, and both of its hashes. */
function asV1(made: MadeV2Torrent, from: '.torrent' | 'metadata') {
  const { metainfo, v1, pieceLayers } = made
  const infoHashes = { v1, v2: undefined }
  const layers = from === '.torrent' ? { pieceLayers } : {}
  return {
    ...made,
    hashes: { v1, v2: metainfo.infoHashes.v2 },
    metainfo: { ...metainfo, infoHashes, ...layers },
  }
}

const LENGTHS = [
  { name: 'a file of four pieces', length: 200_001 },
  { name: 'a file of one piece', length: 40_000 },
]

describe.each(LENGTHS)('$name', ({ length }) => {
  describe.each(['v1', 'v2'] as const)('wrong %s hashes', (wrong) => {
    const torrent = asV1(makeV2Torrent({ length, hybrid: true, wrong }), '.torrent')
    const { metainfo } = torrent
    const known = { infoHashes: torrent.hashes, metainfo }

    test('fetch', async () => {
      const seeder = await startSeeder(torrent, {})
      const report = await fetch(fetchOptions(seeder, known, undefined), testPorts())
      await seeder.stop()
      expect(report).toMatchObject({ ...CONTRADICTS, fetch: { bad: [] } })
    })

    test('fetch-block --verify', async () => {
      const report = await block(torrent, known, {})
      expect(report).toMatchObject(CONTRADICTS)
    })

    test('fetch, with the data on disk', async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'peerwire-'))
      await writeFile(path.join(folder, 'content'), torrent.content)
      const dialled = fetch(fetchOptions({ host: '127.0.0.1', port: 9 }, known, folder), testPorts())
      await expect(dialled).rejects.toMatchObject({ code: 'E_HASHES_CONTRADICT', exitCode: 7 })
      await rm(folder, { recursive: true })
    })
  })

  test('wrong v2 hashes: fetch with the hash alone, and no piece layers', async () => {
    const torrent = asV1(makeV2Torrent({ length, hybrid: true, wrong: 'v2' }), 'metadata')
    const seeder = await startSeeder(torrent, {})
    const report = await fetch(fetchOptions(seeder, { infoHashes: torrent.hashes }, undefined), testPorts())
    await seeder.stop()
    expect(report).toMatchObject({ ...CONTRADICTS, fetch: { bad: [] } })
  })
})

test('bad data, with both kinds of hashes right, is bad data', async () => {
  const torrent = asV1(makeV2Torrent({ hybrid: true }), '.torrent')
  const { metainfo } = torrent
  const script: SeederScript = {
    onRequest: (request, { send, block: blockOf }) => {
      const honest = blockOf(request)
      send({ ...honest, block: honest.block.map((byte) => byte ^ 2) })
    },
  }
  const known = { infoHashes: torrent.hashes, metainfo }
  const seeder = await startSeeder(torrent, script)
  const report = await fetch(fetchOptions(seeder, known, undefined), testPorts())
  await seeder.stop()
  expect(report).toMatchObject({ exitCode: 7, error: { code: 'E_PIECE_HASH' } })
  expect(await block(torrent, known, script)).toMatchObject({ exitCode: 7, error: { code: 'E_PIECE_HASH' } })
})

test('both kinds of hashes right: fetched with the hash alone', async () => {
  const torrent = asV1(makeV2Torrent({ hybrid: true }), 'metadata')
  const seeder = await startSeeder(torrent, {})
  const report = await fetch(fetchOptions(seeder, { infoHashes: torrent.hashes }, undefined), testPorts())
  await seeder.stop()
  expect(report).toMatchObject({ exitCode: 0, fetch: { complete: true } })
})

test('over v2: a block that its merkle proof refutes, and whose piece has its SHA-1 hash', async () => {
  const made = makeV2Torrent({ hybrid: true, wrong: 'v2' })
  const torrent = { ...made, metainfo: { ...made.metainfo, pieceLayers: made.pieceLayers } }
  const { metainfo } = torrent
  const script: SeederScript = {
    onHashRequest: (request, { send }) => {
      const answer = made.answer(request)
      if (answer.type === 'hashes') send({ type: 'hashes', request, hashes: answer.hashes })
    },
  }
  expect(await block(torrent, { infoHashes: metainfo.infoHashes, metainfo }, script)).toMatchObject(
    CONTRADICTS,
  )
})

async function block(
  torrent: MadeV2Torrent,
  known: Parameters<typeof sessionOptions>[1],
  script: SeederScript,
) {
  const seeder = await startSeeder(torrent, script)
  const files = {
    create: () =>
      Promise.resolve({
        write: () => Promise.resolve(),
        commit: () => Promise.resolve(),
        discard: () => Promise.resolve(),
      }),
  }
  const options = {
    ...sessionOptions(seeder, known),
    piece: 0,
    offset: 0,
    length: 16_384,
    output: 'x',
    force: false,
    verify: true,
    repeat: 1,
  }
  const report = await fetchBlock(options, { ...testPorts(), files })
  await seeder.stop()
  return report
}
