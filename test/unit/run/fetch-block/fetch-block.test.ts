import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PeerError } from '../../../../src/base/errors.ts'
import { systemClock, type Clock } from '../../../../src/net/clock.ts'
import type { FetchBlockOptions } from '../../../../src/run/options.ts'
import type { Ports } from '../../../../src/run/ports.ts'
import type { TraceEvent } from '../../../../src/trace/event.ts'
import { Bitfield } from '../../../../src/wire/bitfield.ts'
import { sessionOptions, testPorts } from '../../../support/sessions/fetch-setup.ts'
import { makeV1Torrent } from '../../../support/torrents/made-torrent.ts'
import {
  blockOf,
  startSeeder,
  type RunningSeeder,
  type SeederScript,
} from '../../../support/peers/scripted-seeder.ts'
import { fetchBlock } from '../../../support/verdicts/commands.ts'

const TORRENT = makeV1Torrent()
const { metainfo, content } = TORRENT
const PIECE = 2
const NOT_FAST = ['extension-protocol'] as const

/** A second takes a fiftieth of one: the waits are the real ones. */
const hastyClock: Clock = {
  now: () => systemClock.now() * 50,
  schedule: (at, callback) => systemClock.schedule(at / 50, callback),
}

let folder = ''
let seeder: RunningSeeder | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peerwire-'))
})

afterEach(async () => {
  await seeder?.stop()
  seeder = undefined
  await rm(folder, { recursive: true })
})

async function fetchFrom(
  script: SeederScript,
  changes: Partial<FetchBlockOptions> = {},
  ports: Partial<Ports> = {},
) {
  seeder = await startSeeder(TORRENT, script)
  const options: FetchBlockOptions = {
    ...sessionOptions(seeder, metainfo),
    // none of these peers is late with its handshake, if the machine is busy
    handshakeTimeoutMs: 75 * 60_000,
    piece: PIECE,
    offset: 0,
    length: 32_768,
    output: join(folder, 'block'),
    force: false,
    verify: false,
    repeat: 1,
    ...changes,
  }
  return fetchBlock(options, { ...testPorts(), clock: hastyClock, ...ports })
}

function pieceBytes(offset = 0, length = 32_768): Uint8Array {
  const start = PIECE * metainfo.pieceLength + offset
  return content.subarray(start, start + length)
}

describe('a peer that serves', () => {
  test('the range is written, and each request is in the report', async () => {
    const report = await fetchFrom({}, { offset: 100, length: 20_000 })
    expect(report).toMatchObject({ block: { piece: PIECE, offset: 100, bytes: 20_000, verified: 'none' } })
    expect(report.block?.requests.map(({ offset, length }) => [offset, length])).toStrictEqual([
      [100, 16_384],
      [16_484, 3616],
    ])
    expect(Buffer.compare(await readFile(join(folder, 'block')), pieceBytes(100, 20_000))).toBe(0)
    expect(await readdir(folder)).toStrictEqual(['block'])
  })

  test('proof by the rest of the piece, and the range again', async () => {
    const target = { verify: true, offset: 5000, length: 1000, repeat: 3 }
    seeder = await startSeeder(TORRENT)
    const report = await fetchBlock(
      {
        ...sessionOptions(seeder, { ...metainfo, metainfo }),
        piece: PIECE,
        output: join(folder, 'block'),
        force: false,
        ...target,
      },
      testPorts(),
    )
    expect(report.block).toMatchObject({ verified: 'piece-sha1', verifiedDetail: null })
    expect(report.block?.requests).toHaveLength(3)
  })

  test('chokes in the middle, with the fast extension: what it rejects is asked again, what it answers is taken', async () => {
    const report = await fetchFrom({
      onRequest: (request, { send, requests, block }) => {
        if (requests.length === 1) return
        const [first] = requests
        if (requests.length > 2 || first === undefined) return send(block(request))
        // one request is answered in spite of the choke, as BEP 6 allows, and the other rejected
        send({ type: 'choke' }, { type: 'reject', ...first }, block(request))
        setImmediate(() => send({ type: 'unchoke' }))
      },
    })
    expect(report).toMatchObject({ error: null, block: { bytes: 32_768 } })
    expect(seeder?.requests).toHaveLength(3)
    expect(Buffer.compare(await readFile(join(folder, 'block')), pieceBytes())).toBe(0)
  })

  test('chokes in the middle, without it: all requests are gone and asked again', async () => {
    const report = await fetchFrom({
      features: NOT_FAST,
      onRequest: (request, { send, requests, block }) => {
        if (requests.length === 2) send({ type: 'choke' }, { type: 'unchoke' })
        else if (requests.length > 2) send(block(request))
      },
    })
    expect(report).toMatchObject({ error: null, block: { bytes: 32_768 } })
    expect(seeder?.requests).toHaveLength(4)
  })

  test('chokes in the middle, without it: an answer that crosses the choke is taken', async () => {
    const report = await fetchFrom({
      features: NOT_FAST,
      onRequest: (request, { send, requests, block }) => {
        const [first] = requests
        if (requests.length === 2 && first) send({ type: 'choke' }, block(first), { type: 'unchoke' })
        else if (requests.length > 2) send(block(request))
      },
    })
    expect(report).toMatchObject({ error: null, block: { bytes: 32_768 } })
    expect(seeder?.requests).toHaveLength(3)
    expect(Buffer.compare(await readFile(join(folder, 'block')), pieceBytes())).toBe(0)
  })

  test('allows the piece while it chokes: no unchoke is waited for', async () => {
    const report = await fetchFrom({
      onInterested: () => {},
      greeting: [{ type: 'allowed-fast', piece: PIECE }],
    })
    expect(report).toMatchObject({ error: null, choking: { peerChoking: true }, block: { bytes: 32_768 } })
  })
})

test.each([
  { length: 0 },
  { length: 1.5 },
  { offset: -1 },
  { offset: 2 ** 32 - 1, length: 2 },
  { piece: 2 ** 32 },
])('no request can be made for %j: nothing is sent', async (range) => {
  await expect(fetchFrom({}, range)).rejects.toMatchObject({ code: 'E_BAD_RANGE' })
  await seeder?.stop()
  const torrent = { infoHashes: metainfo.infoHashes, name: undefined, metainfo }
  await expect(fetchFrom({}, { torrent, ...range })).rejects.toMatchObject({ code: 'E_BAD_RANGE' })
  expect(seeder?.requests).toStrictEqual([])
})

describe('a peer that does not: nothing is left behind, and the report says why', () => {
  const withoutPiece = Bitfield.full(metainfo.pieceCount)
  withoutPiece.clear(PIECE)

  const rows: readonly {
    readonly name: string
    readonly script: SeederScript
    readonly options?: Partial<FetchBlockOptions>
    readonly expected: object
  }[] = [
    {
      name: 'never unchokes',
      script: { onInterested: () => {} },
      expected: { exitCode: 6, error: { code: 'E_UNCHOKE_TIMEOUT', phase: 'choking' } },
    },
    {
      name: 'unchokes and ignores requests, while it talks',
      script: {
        onRequest: (_, { send }) => {
          for (let i = 0; i < 50; i++) send({ type: 'keep-alive' })
        },
      },
      options: { blockTimeoutMs: 2000 },
      expected: { exitCode: 6, error: { code: 'E_BLOCK_TIMEOUT', phase: 'transfer' } },
    },
    {
      name: 'does not have the piece',
      script: { have: withoutPiece },
      expected: { exitCode: 8, error: { code: 'E_PIECE_UNAVAILABLE', phase: 'availability' } },
    },
    {
      name: 'has nothing',
      script: { have: 'none' },
      expected: { exitCode: 8, error: { code: 'E_PIECE_UNAVAILABLE', phase: 'availability' } },
    },
    {
      name: 'rejects',
      script: { onRequest: (request, { send }) => send({ type: 'reject', ...request }) },
      expected: { exitCode: 8, error: { code: 'E_REQUEST_REJECTED', phase: 'transfer' } },
    },
    {
      name: 'sends a block that nobody asked for',
      script: { onRequest: (_, { send }) => send(blockOf(TORRENT, { piece: 0, begin: 0, length: 500_000 })) },
      expected: { exitCode: 5, error: { code: 'E_UNREQUESTED_BLOCK', phase: 'transfer' } },
    },
    {
      name: 'closes instead of answering',
      script: { onRequest: (_, { close }) => close() },
      expected: {
        exitCode: 5,
        error: { code: 'E_SESSION_CLOSED' },
        attempts: [{ closedBy: 'peer', closeKind: 'fin' }],
      },
    },
  ]

  test.each(rows)('$name', async ({ script, options, expected }) => {
    const report = await fetchFrom(script, options)
    expect(report).toMatchObject({ ok: false, block: null, ...expected })
    expect(report.error?.phase).toBe(report.attempts[0]?.phase)
    expect(await readdir(folder)).toStrictEqual([])
  })

  test('an allowance that is taken back by rejects is not asked for in circles', async () => {
    let rejects = 0
    const report = await fetchFrom({
      onInterested: () => {},
      have: 'all',
      onRequest: (request, { send }) => {
        rejects++
        send({ type: 'reject', ...request })
      },
      onMetadataRequest: () => [],
      greeting: [{ type: 'allowed-fast', piece: PIECE }],
    })
    expect(report).toMatchObject({ exitCode: 6, error: { code: 'E_UNCHOKE_TIMEOUT' } })
    expect(rejects).toBe(2)
  })

  test('corrupt data', async () => {
    seeder = await startSeeder(TORRENT, {
      onRequest: (request, { send, block }) => {
        const { block: bytes, ...rest } = block(request)
        bytes[7] = (bytes[7] ?? 0) ^ 1
        send({ ...rest, block: bytes })
      },
    })
    const options = {
      piece: PIECE,
      offset: 0,
      length: 100,
      output: join(folder, 'block'),
      force: false,
      verify: true,
      repeat: 1,
    }
    const checked: TraceEvent[] = []
    const trace = (event: TraceEvent) => {
      if (event.type === 'verified') checked.push(event)
    }
    const report = await fetchBlock(
      { ...sessionOptions(seeder, { ...metainfo, metainfo }), ...options, trace },
      testPorts(),
    )
    expect(report).toMatchObject({ exitCode: 7, error: { code: 'E_PIECE_HASH' }, block: null })
    expect(checked).toMatchObject([{ piece: PIECE, good: false }])
    expect(await readdir(folder)).toStrictEqual([])
  })

  test('an interruption', async () => {
    const controller = new AbortController()
    const stop = new PeerError('E_TERMINATED', 'stopped by SIGTERM')
    const script: SeederScript = { onRequest: () => controller.abort(stop) }
    const report = await fetchFrom(script, {}, { signal: controller.signal })
    expect(report).toMatchObject({
      exitCode: 143,
      error: { code: 'E_TERMINATED', phase: 'transfer' },
      block: null,
    })
    expect(await readdir(folder)).toStrictEqual([])
  })
})

test('a file that stands is refused before the peer is asked', async () => {
  await writeFile(join(folder, 'block'), 'mine')
  await expect(fetchFrom({})).rejects.toMatchObject({ code: 'E_FILE_EXISTS' })
  expect(seeder?.connections).toBe(0)
  expect(await readFile(join(folder, 'block'), 'utf8')).toBe('mine')
})
