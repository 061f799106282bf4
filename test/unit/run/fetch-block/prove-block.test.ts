import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../../src/base/bytes.ts'
import { systemClock, type Clock } from '../../../../src/net/clock.ts'
import type { OutputFiles } from '../../../../src/net/files/output-file.ts'
import type { FetchBlockOptions } from '../../../../src/run/options.ts'
import { hashBlocks, merkleHeight, merkleRoot, verifyProof } from '../../../../src/wire/torrent/merkle.ts'
import { sessionOptions, testPorts } from '../../../support/sessions/fetch-setup.ts'
import { makeV1Torrent, type MadeTorrent } from '../../../support/torrents/made-torrent.ts'
import { makeV2Torrent, type MadeV2Torrent } from '../../../support/torrents/made-v2-torrent.ts'
import { startSeeder, type SeederScript } from '../../../support/peers/scripted-seeder.ts'
import { fetchBlock } from '../../../support/verdicts/commands.ts'

const V2 = makeV2Torrent()
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()

/** A second takes a fiftieth of one: the waits are the real ones. */
const hastyClock: Clock = {
  now: () => systemClock.now() * 50,
  schedule: (at, callback) => systemClock.schedule(at / 50, callback),
}

/** A minute and a half of real time. */
const PATIENCE_MS = 75 * 60_000

function honest(torrent: MadeV2Torrent): SeederScript {
  return {
    onHashRequest: (request, { send }) => {
      const answer = torrent.answer(request)
      send(
        answer.type === 'hashes'
          ? { type: 'hashes', request, hashes: answer.hashes }
          : { type: 'hash-reject', request },
      )
    },
  }
}

interface Fetched {
  readonly report: Awaited<ReturnType<typeof fetchBlock>>
  readonly written: Uint8Array
  readonly requested: number
  readonly hashRequests: number
}

async function fetchFrom(
  torrent: MadeTorrent,
  script: SeederScript,
  changes: Partial<FetchBlockOptions> = {},
  knows: 'torrent' | 'hash' = 'torrent',
): Promise<Fetched> {
  const seeder = await startSeeder(torrent, script)
  const { metainfo } = torrent
  const { infoHashes } = metainfo
  const written: Uint8Array[] = []
  const files: OutputFiles = {
    create: () => {
      const parts: Uint8Array[] = []
      return Promise.resolve({
        write: (bytes: Uint8Array) => Promise.resolve(void parts.push(bytes)),
        commit: () => Promise.resolve(void written.push(...parts)),
        discard: () => Promise.resolve(),
      })
    },
  }
  try {
    const options: FetchBlockOptions = {
      ...sessionOptions(seeder, knows === 'torrent' ? { infoHashes, metainfo } : { infoHashes }),
      // only the answers to hash requests are waited for in haste: blocks come, if late on a busy machine
      handshakeTimeoutMs: PATIENCE_MS,
      unchokeTimeoutMs: PATIENCE_MS,
      blockTimeoutMs: PATIENCE_MS,
      piece: 1,
      offset: 0,
      length: 16_384,
      output: 'x',
      force: false,
      verify: true,
      repeat: 1,
      ...changes,
    }
    const report = await fetchBlock(options, { ...testPorts(), clock: hastyClock, files })
    const requested = seeder.requests.reduce((bytes, { length }) => bytes + length, 0)
    const hashRequests = seeder.received.filter(({ type }) => type === 'hash-request').length
    return { report, written: new Uint8Array(Buffer.concat(written)), requested, hashRequests }
  } finally {
    await seeder.stop()
  }
}

describe('a range of a v2 file is proven', () => {
  const MIB = 1024 * 1024
  const big = makeV2Torrent({ pieceLength: 16 * MIB, length: 17 * MIB })
  const long = makeV2Torrent({ pieceLength: 16 * MIB, length: 9 * MIB })
  const small = makeV2Torrent({ length: 9000 })

  test.each([
    // name, torrent, piece, offset, length, bytes requested, [baseLayer, index, length, hashes]
    ['one block', V2, 1, 0, 16_384, 16_384, [0, 4, 2, 5]],
    ['one byte in the middle', V2, 1, 20_000, 1, 16_384, [0, 4, 2, 5]],
    ['two blocks across the middle', V2, 0, 32_000, 1000, 32_768, [0, 0, 4, 6]],
    ['a whole piece', V2, 2, 0, 65_536, 65_536, [0, 8, 4, 6]],
    ['the short last block', V2, 3, 3000, 393, 3393, [0, 12, 2, 5]],
    ['a file of one block, by its root', small, 0, 100, 800, 9000, [0, 0, 1, 1]],
    ['the middle of a piece of 1024 blocks', big, 0, 8 * MIB - 1, 2, 16 * MIB, [10, 0, 2, 2]],
    ['half of such a piece', big, 0, 8 * MIB, 8 * MIB, 8 * MIB, [0, 512, 512, 514]],
    ['the middle of a file of one long piece, by its root', long, 0, 8 * MIB - 1, 2, 9 * MIB, [10, 0, 1, 1]],
    ['the last byte of a tree that is filled up', big, 1, MIB - 1, 1, 16_384, [0, 1086, 2, 12]],
  ] as const)('%s', async (_, torrent, piece, offset, length, bytes, [baseLayer, index, hashes, all]) => {
    const { report, written, requested, hashRequests } = await fetchFrom(torrent, honest(torrent), {
      piece,
      offset,
      length,
    })
    const [file] = torrent.metainfo.files
    const root = file?.piecesRoot ?? new Uint8Array()
    expect(report).toMatchObject({
      error: null,
      block: {
        verified: 'merkle-proof',
        verifiedDetail: null,
        proof: { piecesRoot: toHex(root), baseLayer, index, length: hashes },
      },
    })
    const start = piece * torrent.metainfo.pieceLength + offset
    expect(Buffer.compare(written, torrent.content.subarray(start, start + length))).toBe(0)
    expect([requested, hashRequests]).toStrictEqual([bytes, all === 1 ? 0 : 1])
    // the report alone proves the content again
    const given = (report.block?.proof?.hashes ?? []).map(fromHex)
    expect(given).toHaveLength(all)
    const run = { baseLayer, index, hashes: given.slice(0, hashes), uncles: given.slice(hashes) }
    const leaves = hashBlocks(torrent.content, sha256)
    expect(verifyProof(run, root, merkleHeight(leaves.length), sha256)).toStrictEqual({ ok: true })
    const span = 2 ** baseLayer
    const node = Math.floor(start / 16_384 / span)
    const own = merkleRoot(leaves.slice(node * span, (node + 1) * span), 0, baseLayer, sha256)
    expect(report.block?.proof?.hashes[node - index]).toBe(toHex(own))
  })

  test('and without --verify nothing is asked for', async () => {
    const { report, hashRequests } = await fetchFrom(V2, honest(V2), { verify: false })
    expect(report.block).toMatchObject({ verified: 'none', proof: null })
    expect(hashRequests).toBe(0)
  })
})

describe('what the peer can do about it', () => {
  const flip = (bytes: Uint8Array, at: number) => {
    const copy = Uint8Array.from(bytes)
    copy[at] = (copy[at] ?? 0) ^ 1
    return copy
  }
  const falseHashes: SeederScript = {
    onHashRequest: (request, { send }) => {
      const answer = V2.answer(request)
      if (answer.type === 'hashes') send({ type: 'hashes', request, hashes: flip(answer.hashes, 40) })
    },
  }
  const falseBlock: SeederScript = {
    ...honest(V2),
    onRequest: (request, { send, block }) => {
      const piece = block(request)
      send({ ...piece, block: flip(piece.block, 9) })
    },
  }
  const rejecting: SeederScript = {
    onHashRequest: (request, { send }) => send({ type: 'hash-reject', request }),
  }

  test.each([
    ['false hashes', falseHashes, 7, 'E_BLOCK_PROOF'],
    ['a false block', falseBlock, 7, 'E_BLOCK_PROOF'],
    ['a reject', rejecting, 8, 'E_HASHES_REJECTED'],
    ['silence', {}, 6, 'E_HASHES_TIMEOUT'],
  ] as const)('%s: exit and code tell it, and nothing is written', async (_, script, exitCode, code) => {
    const { report, written } = await fetchFrom(V2, script)
    expect(report).toMatchObject({ exitCode, error: { code, phase: 'transfer' }, block: null })
    expect(written).toHaveLength(0)
  })

  test('a false block is found when the file has no other', async () => {
    const small = makeV2Torrent({ length: 9000 })
    const { report } = await fetchFrom(small, falseBlock, { piece: 0, length: 9000 })
    expect(report).toMatchObject({ exitCode: 7, error: { code: 'E_BLOCK_PROOF' }, block: null })
  })

  test('of a hybrid a reject leaves SHA-1, which is told with the reason', async () => {
    const { report } = await fetchFrom(makeV2Torrent({ hybrid: true }), rejecting, { piece: 3, length: 3000 })
    expect(report).toMatchObject({
      error: null,
      block: {
        verified: 'piece-sha1',
        verifiedDetail: 'the peer rejected the hash request',
        proof: null,
      },
    })
  })

  test('of a hybrid false hashes stay what they are', async () => {
    const { report } = await fetchFrom(makeV2Torrent({ hybrid: true }), falseHashes)
    expect(report).toMatchObject({ exitCode: 7, error: { code: 'E_BLOCK_PROOF' } })
  })
})

describe('--metadata, with a hash alone', () => {
  const V1 = makeV1Torrent()

  test.each([
    ['v1', V1, 'piece-sha1'],
    ['v2', V2, 'merkle-proof'],
  ] as const)('%s: the torrent is in the report, and the block is proven', async (_, torrent, verified) => {
    const script = torrent === V2 ? honest(V2) : {}
    const { report } = await fetchFrom(torrent, script, { metadata: true }, 'hash')
    const { pieceCount, pieceLength } = torrent.metainfo
    expect(report).toMatchObject({
      error: null,
      torrent: { name: 'content', pieceCount, pieceLength },
      block: { verified },
    })
    expect(report.attempts).toHaveLength(1)
  })

  test('a range outside of it is refused before a block is asked for', async () => {
    const change = { metadata: true, piece: V1.metainfo.pieceCount }
    const { report, requested } = await fetchFrom(V1, {}, change, 'hash')
    expect(report).toMatchObject({ exitCode: 2, error: { code: 'E_BAD_RANGE' }, block: null })
    expect(requested).toBe(0)
  })

  test('is not fetched when the .torrent is there', async () => {
    const { report } = await fetchFrom(V1, { offersMetadata: false }, { metadata: true })
    expect(report).toMatchObject({ error: null, block: { verified: 'piece-sha1' } })
  })

  test('from a peer without it', async () => {
    const { report } = await fetchFrom(V1, { offersMetadata: false }, { metadata: true }, 'hash')
    expect(report).toMatchObject({ exitCode: 8, error: { code: 'E_NO_METADATA_EXTENSION' }, block: null })
  })

  test('without it there is nothing to verify against', async () => {
    const { report } = await fetchFrom(V1, {}, {}, 'hash')
    expect(report.block).toMatchObject({ verified: 'none', proof: null })
    expect(report.block?.verifiedDetail).toContain('--metadata')
  })
})
