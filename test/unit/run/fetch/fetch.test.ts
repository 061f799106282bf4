import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PeerError } from '../../../../src/base/errors.ts'
import { DownloadFolder, type PieceStore } from '../../../../src/net/files/download-folder.ts'
import type { FetchOptions } from '../../../../src/run/options.ts'
import type { TraceEvent } from '../../../../src/trace/event.ts'
import { Bitfield } from '../../../../src/wire/bitfield.ts'
import type { FileLayout } from '../../../../src/wire/torrent/file-layout.ts'
import type { BlockRange } from '../../../../src/wire/message/message.ts'
import { type FetchFolder, makeFetchFolder } from '../../../support/torrents/fetch-folder.ts'
import { fetchOptions, testPorts, withMetainfo } from '../../../support/sessions/fetch-setup.ts'
import { makeV1Torrent } from '../../../support/torrents/made-torrent.ts'
import { startSeeder, type SeederHands, type SeederScript } from '../../../support/peers/scripted-seeder.ts'
import { fetch } from '../../../support/verdicts/commands.ts'

const torrent = makeV1Torrent()
const { metainfo, content } = torrent

let folder: FetchFolder
beforeEach(async () => {
  folder = await makeFetchFolder()
})
afterEach(() => folder.remove())

const fetchFrom = (script: SeederScript, changes: Partial<FetchOptions> = {}) =>
  folder.fetchFrom(torrent, script, changes)

/** The pieces of the single file that are right. */
async function goodPieces(): Promise<string> {
  const bytes = await folder.read()
  const good = new Bitfield(metainfo.pieceCount)
  for (let piece = 0; piece < metainfo.pieceCount; piece++) {
    const [start, end] = [piece * metainfo.pieceLength, (piece + 1) * metainfo.pieceLength]
    if (Buffer.compare(bytes.subarray(start, end), content.subarray(start, end)) === 0) good.set(piece)
  }
  return good.renderRanges()
}

describe('whole torrent', () => {
  test.each<[string, SeederScript]>([
    ['a plain seeder', {}],
    ['no fast extension, no extension protocol', { features: [] }],
    ['a queue of one request', { reqq: 1 }],
    ['blocks out of order', { onRequest: inPairs() }],
    [
      'a choke after every fifth request, without the fast extension',
      { features: [], onRequest: chokeOften(false) },
    ],
    ['a choke after every fifth request, with the fast extension', { onRequest: chokeOften(true) }],
    ['a peer that rejects each block once', { onRequest: rejectOnce() }],
    ['allowed-fast pieces of a peer that chokes for ever', { onInterested: allowAll }],
    [
      'a peer that claims its pieces one by one',
      { have: 'none', onInterested: claimLater, onRequest: claimNext },
    ],
  ])('from %s', async (_, script) => {
    const { report } = await fetchFrom(script)
    expect(report).toMatchObject({ schema: 'peerwire.fetch/1', ok: true, exitCode: 0, error: null })
    expect(report.fetch).toMatchObject({ complete: true, fetched: 11, wanted: '0-10', bytes: content.length })
    expect(Buffer.compare(await folder.read(), content)).toBe(0)
  })
})

/** Answers requests two by two, the later one first. */
function inPairs(): NonNullable<SeederScript['onRequest']> {
  return (request, { requests, send, block }) => {
    const previous = requests.at(-2)
    const isLast = request.piece === 10
    if (isLast) send(block(request))
    else if (requests.length % 2 === 0 && previous !== undefined) send(block(request), block(previous))
  }
}

/** Chokes and unchokes; with the fast extension it rejects the request at hand, without it drops it. */
function chokeOften(fast: boolean): NonNullable<SeederScript['onRequest']> {
  return (request, { requests, send, block }) => {
    if (requests.length % 5 !== 0) send(block(request))
    else if (fast) send({ type: 'choke' }, { ...request, type: 'reject' }, { type: 'unchoke' })
    else send({ type: 'choke' }, { type: 'unchoke' })
  }
}

/** Forgets the first request of the last piece. */
function dropSome(): NonNullable<SeederScript['onRequest']> {
  const dropped = new Set<string>()
  return (request, { send, block }) => {
    const key = `${request.piece}:${request.begin}`
    if (request.piece === 10 && !dropped.has(key)) dropped.add(key)
    else send(block(request))
  }
}

function rejectOnce(): NonNullable<SeederScript['onRequest']> {
  const rejected = new Set<string>()
  return (request, { send, block }) => {
    const key = `${request.piece}:${request.begin}`
    if (rejected.has(key)) send(block(request))
    else send({ ...request, type: 'reject' })
    rejected.add(key)
  }
}

function allowAll({ send }: SeederHands): void {
  for (let piece = 0; piece < metainfo.pieceCount; piece++) send({ type: 'allowed-fast', piece })
}

function claimLater({ send }: SeederHands): void {
  send({ type: 'unchoke' }, { type: 'have', piece: 0 })
}

function claimNext(request: BlockRange, { send, block }: SeederHands): void {
  send(block(request))
  if (request.begin > 0 && request.piece < 10) send({ type: 'have', piece: request.piece + 1 })
}

test('requests that a peer drops without a word are asked again', async () => {
  const { report } = await fetchFrom({ onRequest: dropSome() }, { blockTimeoutMs: 2000 })
  expect(report).toMatchObject({ exitCode: 0, fetch: { complete: true } })
})

test('every block twice: all is there, and the peer is told on', async () => {
  const { report } = await fetchFrom({
    onRequest: (request, { send, block }) => send(block(request), block(request)),
  })
  expect(report).toMatchObject({ exitCode: 1, error: { code: 'E_CHECK_FAILED' } })
  expect(report.fetch).toMatchObject({ complete: true, duplicates: 21, unrequested: 0 })
  expect(Buffer.compare(await folder.read(), content)).toBe(0)
})

test('a corrupt piece is named and recorded, kept out of the file, and all others are there', async () => {
  const checked: TraceEvent[] = []
  const trace = (event: TraceEvent) => {
    if (event.type === 'verified') checked.push(event)
  }
  const script: SeederScript = {
    onRequest: (request, { send, block }) => {
      const answer = block(request)
      if (request.piece === 7) answer.block[3] = 0xff - (answer.block[3] ?? 0)
      send(answer)
    },
  }
  const { report } = await fetchFrom(script, { trace })
  expect(checked).toMatchObject([{ piece: 7, good: false }])
  expect(report).toMatchObject({ ok: false, exitCode: 7, error: { code: 'E_PIECE_HASH' } })
  expect(report.error?.message).toContain('piece 7')
  expect(report.error?.message).toContain('127.0.0.1:')
  expect(report.fetch).toMatchObject({ bad: [7], fetched: 10, complete: false })
  expect(await goodPieces()).toBe('0-6,8-10')
})

describe('a peer that fails', () => {
  test.each<[string, SeederScript, Partial<FetchOptions>, number, string]>([
    ['closes in the middle', { onRequest: endAt(9) }, {}, 5, 'E_SESSION_CLOSED'],
    ['never unchokes', { onInterested: () => {} }, { unchokeTimeoutMs: 100 }, 6, 'E_UNCHOKE_TIMEOUT'],
    ['never answers', { onRequest: () => {} }, { blockTimeoutMs: 100 }, 6, 'E_BLOCK_TIMEOUT'],
    [
      'chokes and unchokes for ever',
      {
        onRequest: (request, { send }) =>
          send({ type: 'choke' }, { ...request, type: 'reject' }, { type: 'unchoke' }),
      },
      { blockTimeoutMs: 100, unchokeTimeoutMs: 100 },
      6,
      'E_BLOCK_TIMEOUT',
    ],
    [
      'rejects everything',
      { onRequest: (request, { send }) => send({ ...request, type: 'reject' }) },
      {},
      8,
      'E_REQUEST_REJECTED',
    ],
    ['lacks a piece', { have: except(4) }, {}, 8, 'E_PIECE_UNAVAILABLE'],
    ['has nothing', { have: 'none' }, { unchokeTimeoutMs: 100 }, 8, 'E_PIECE_UNAVAILABLE'],
    ['sends blocks that were never asked for', { onRequest: sendUnasked }, {}, 5, 'E_UNREQUESTED_BLOCK'],
    ['sends blocks of other lengths', { onRequest: sendShort }, {}, 5, 'E_UNREQUESTED_BLOCK'],
    ['gives everything wrong', { onRequest: sendZeros }, {}, 7, 'E_PIECE_HASH'],
  ])('%s', async (_, script, changes, exitCode, code) => {
    const { report } = await fetchFrom(script, changes)
    expect(report).toMatchObject({ ok: false, exitCode, error: { code } })
    expect(report.fetch?.complete).toBe(false)
  })
})

function endAt(count: number): NonNullable<SeederScript['onRequest']> {
  return (request, hands) => {
    if (hands.requests.length < count) hands.send(hands.block(request))
    else hands.close()
  }
}

function except(missing: number): Bitfield {
  const have = Bitfield.full(metainfo.pieceCount)
  have.clear(missing)
  return have
}

function sendUnasked({ piece }: BlockRange, { send }: SeederHands): void {
  for (let i = 0; i < 20; i++) {
    send({ type: 'piece', piece: 0xd5808000 + i, begin: 0x127b4a6, block: new Uint8Array(16_384) })
    send({ type: 'piece', piece, begin: 0x127b4a6, block: new Uint8Array(500_000) })
  }
}

function sendShort(request: BlockRange, { send, block }: SeederHands): void {
  const { piece, begin } = request
  for (const length of [0, 1, 16_383, 16_385]) {
    const part = new Uint8Array(length)
    part.set(block(request).block.subarray(0, length))
    for (let i = 0; i < 8; i++) send({ type: 'piece', piece, begin, block: part })
  }
}

function sendZeros(request: BlockRange, { send }: SeederHands): void {
  send({ type: 'piece', piece: request.piece, begin: request.begin, block: new Uint8Array(request.length) })
}

describe('going on', () => {
  test('nothing that is good is fetched again, after every kind of early end', async () => {
    const seen = new Set<string>()
    for (let count = 3; ; count += 3) {
      const { report, seeder } = await fetchFrom({ onRequest: endAt(count) })
      const fetched = report.fetch?.fetched ?? 0
      const there = report.fetch?.alreadyThere ?? 0
      expect(there).toBe(seen.size)
      for (const { piece } of seeder.requests) expect(seen.has(String(piece))).toBe(false)
      const good = new Set(expandRanges(await goodPieces()))
      expect(good.size).toBe(there + fetched)
      for (const piece of good) seen.add(String(piece))
      if (report.fetch?.complete === true) break
    }
    expect(Buffer.compare(await folder.read(), content)).toBe(0)
  })

  test('with everything there the peer is not dialled', async () => {
    await writeFile(join(folder.path, 'content'), content)
    const { report, seeder } = await fetchFrom({})
    expect(report).toMatchObject({
      ok: true,
      attempts: [],
      fetch: { complete: true, alreadyThere: 11, fetched: 0 },
    })
    expect(seeder.connections).toBe(0)
  })

  test.each<[string, (bytes: Uint8Array) => Uint8Array, string]>([
    ['one wrong byte', (bytes) => withByte(bytes, 5 * 32_768 + 17), '5'],
    ['cut short', (bytes) => bytes.subarray(0, 3 * 32_768 + 1), '3-10'],
    ['empty', () => new Uint8Array(), '0-10'],
    ['zeros', (bytes) => new Uint8Array(bytes.length), '0-10'],
  ])('what is on disk is hashed, not trusted: %s', async (_, change, missing) => {
    await writeFile(join(folder.path, 'content'), change(content))
    const { report, seeder } = await fetchFrom({})
    expect(report.fetch).toMatchObject({ complete: true })
    const asked = new Bitfield(metainfo.pieceCount)
    for (const { piece } of seeder.requests) asked.set(piece)
    expect(asked.renderRanges()).toBe(missing)
    expect(Buffer.compare(await folder.read(), content)).toBe(0)
  })
})

function expandRanges(text: string): number[] {
  return text.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return range === '' ? [] : Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
}

function withByte(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice()
  changed[at] = 0xff - (changed[at] ?? 0)
  return changed
}

test('only the pieces that were asked for', async () => {
  const { report } = await fetchFrom(
    {},
    {
      pieces: [
        [2, 3],
        [10, 10],
      ],
    },
  )
  expect(report.fetch).toMatchObject({ wanted: '2-3,10', wantedCount: 3, fetched: 3, complete: true })
  expect(await goodPieces()).toBe('2-3,10')
})

test.each<readonly [number, number][]>([[[3, 2]], [[0, 11]], [[11, 11]]])(
  'no such pieces: %j',
  async (...pieces) => {
    await expect(fetchFrom({}, { pieces })).rejects.toMatchObject({ code: 'E_BAD_RANGE' })
  },
)

describe('a sample', () => {
  test('is fetched whatever is there, and nothing else', async () => {
    const { report, seeder } = await fetchFrom({ have: except(4) }, { sample: 3, output: undefined })
    expect(report.fetch).toMatchObject({
      output: null,
      wantedCount: 3,
      fetched: 3,
      sample: { asked: 3, served: 3 },
    })
    expect(new Set(seeder.requests.map(({ piece }) => piece)).size).toBe(3)
    expect(await readdir(folder.path)).toEqual([])
  })

  test('of more than there is takes all that the peer claims', async () => {
    const { report } = await fetchFrom({ have: except(4) }, { sample: 100, output: undefined })
    expect(report.fetch).toMatchObject({
      sample: { asked: 10, served: 10 },
      wanted: '0-3,5-10',
      complete: true,
    })
  })

  test('shows what a peer claims and does not serve', async () => {
    const { report } = await fetchFrom(
      {
        onRequest: (request, { send, block }) =>
          send(request.piece % 2 === 0 ? block(request) : { ...request, type: 'reject' }),
      },
      { sample: 11, output: undefined },
    )
    expect(report).toMatchObject({
      exitCode: 8,
      fetch: { sample: { asked: 11, served: 6 }, refused: [1, 3, 5, 7, 9] },
    })
  })
})

test('a full disk ends it with exit 9, and what was written before stays', async () => {
  const seeder = await startSeeder(torrent)
  try {
    const openStore = (root: string, layout: FileLayout): PieceStore => {
      const real = new DownloadFolder(root, layout)
      return {
        read: (offset, target) => real.read(offset, target),
        prepareWrite: (offset, length) => real.prepareWrite(offset, length),
        createEmpty: (file) => real.createEmpty(file),
        checkLast: () => real.checkLast(),
        checkAll: (pause) => real.checkAll(pause),
        close: () => real.close(),
        write: (offset, bytes) => {
          if (offset >= 4 * metainfo.pieceLength) throw new PeerError('E_DISK_FULL', 'no room left')
          real.write(offset, bytes)
        },
      }
    }
    const options = fetchOptions(seeder, withMetainfo(metainfo), folder.path)
    const report = await fetch(options, { ...testPorts(), openStore })
    expect(report).toMatchObject({ exitCode: 9, error: { code: 'E_DISK_FULL' }, fetch: { fetched: 4 } })
    expect(await goodPieces()).toBe('0-3')
  } finally {
    await seeder.stop()
  }
})

test('an interruption ends it at once, and what is verified by then is there', async () => {
  const stop = new AbortController()
  const onRequest: SeederScript['onRequest'] = (request, { send, block }) => {
    if (request.piece < 5) send(block(request))
    else stop.abort(new PeerError('E_INTERRUPTED', 'stopped by SIGINT'))
  }
  const seeder = await startSeeder(torrent, { onRequest })
  try {
    const report = await fetch(
      fetchOptions(seeder, withMetainfo(metainfo), folder.path),
      testPorts(stop.signal),
    )
    expect(report).toMatchObject({ exitCode: 130, error: { code: 'E_INTERRUPTED' } })
    const good = expandRanges(await goodPieces().catch(() => ''))
    expect(good).toHaveLength(report.fetch?.fetched ?? -1)
  } finally {
    await seeder.stop()
  }
})
