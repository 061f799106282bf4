import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PeerError } from '../../../../src/base/errors.ts'
import { runsOf } from '../../../../src/run/fetch/plan.ts'
import { targetOfTorrent } from '../../../../src/run/torrent-target.ts'
import type { PieceStore } from '../../../../src/net/files/download-folder.ts'
import { Bitfield } from '../../../../src/wire/bitfield.ts'
import { encodeBencode } from '../../../../src/wire/bencode.ts'
import type { HashAnswer } from '../../../../src/session/upload/hash-server.ts'
import type { Message } from '../../../../src/wire/message/message.ts'
import type { HashRequest } from '../../../../src/wire/message/hash-request.ts'
import { decodeInfo } from '../../../../src/wire/torrent/metainfo.ts'
import { type FetchFolder, makeFetchFolder } from '../../../support/torrents/fetch-folder.ts'
import { fetchOptions, testPorts, withMetainfo } from '../../../support/sessions/fetch-setup.ts'
import { makeV1Torrent } from '../../../support/torrents/made-torrent.ts'
import { makeV2Torrent } from '../../../support/torrents/made-v2-torrent.ts'
import { startSeeder } from '../../../support/peers/scripted-seeder.ts'
import { VirtualClock } from '../../../support/transports/virtual-clock.ts'
import { fetchBlock, fetch } from '../../../support/verdicts/commands.ts'

/** What `fetch` does before a peer is asked. */

const NOBODY = { host: '127.0.0.1', port: 9 }

let folder: FetchFolder
beforeEach(async () => {
  folder = await makeFetchFolder()
})
afterEach(() => folder.remove())

/** A store with nothing in it. */
function emptyStore(read: (offset: number) => void): PieceStore {
  const nothing = () => undefined
  return {
    read: (offset) => {
      read(offset)
      return false
    },
    prepareWrite: nothing,
    write: nothing,
    createEmpty: nothing,
    checkLast: nothing,
    checkAll: () => Promise.resolve(),
    close: nothing,
  }
}

/** Where no peer is: the dial fails at once. */
function portsWithoutPeer() {
  const refused = new PeerError('E_CONNECT_REFUSED', '127.0.0.1:9 refused the connection', {
    phase: 'connect',
  })
  return { ...testPorts(), dial: () => Promise.reject(refused) }
}

test('pieces of pads are there, without a byte hashed', async () => {
  const pieceLength = 512 * 1024 * 1024
  const pieces = 2048
  const metainfo = decodeInfo(
    encodeBencode({
      name: 'n',
      'piece length': pieceLength,
      pieces: new Uint8Array(20 * (pieces + 1)),
      files: [
        { length: 5, path: ['a'] },
        { attr: 'p', length: pieces * pieceLength - 5, path: ['p'] },
        { length: 5, path: ['b'] },
      ],
    }),
  )
  const offsets: number[] = []
  const report = await fetch(fetchOptions(NOBODY, withMetainfo(metainfo), folder.path), {
    ...portsWithoutPeer(),
    openStore: () => emptyStore((offset) => offsets.push(offset)),
  })
  expect(report).toMatchObject({
    error: { code: 'E_CONNECT_REFUSED' },
    fetch: { wantedCount: pieces + 1, alreadyThere: pieces - 1 },
  })
  expect(offsets).toStrictEqual([0, pieces * pieceLength])
})

test.each([
  { name: 'none', pieces: [], limit: 4, runs: [] },
  { name: 'one', pieces: [7], limit: 4, runs: [[7, 7]] },
  {
    name: 'two runs',
    pieces: [0, 1, 5, 6, 7],
    limit: 4,
    runs: [
      [0, 1],
      [5, 7],
    ],
  },
  {
    name: 'longer than the limit',
    pieces: [1, 2, 3, 4, 5],
    limit: 2,
    runs: [
      [1, 2],
      [3, 4],
      [5, 5],
    ],
  },
])('runs of pieces: $name', ({ pieces, limit, runs }) => {
  const bitfield = new Bitfield(8)
  for (const piece of pieces) bitfield.set(piece)
  expect([...runsOf(bitfield, limit)]).toStrictEqual(runs)
})

test('the disk is asked once for a run of pieces before a peer is dialled', async () => {
  const { metainfo } = makeV1Torrent({ pieceLength: 16, length: 16 * 3000 })
  const prepared: [offset: number, length: number][] = []
  await fetch(fetchOptions(NOBODY, withMetainfo(metainfo), folder.path), {
    ...portsWithoutPeer(),
    openStore: () => ({
      ...emptyStore(() => undefined),
      prepareWrite: (offset, length) => prepared.push([offset, length]),
    }),
  })
  expect(prepared).toStrictEqual([
    [0, 16 * 1024],
    [16 * 1024, 16 * 1024],
    [16 * 2048, 16 * 952],
  ])
})

test('the time limit holds while the disk is asked for pieces that do not follow each other', async () => {
  const { metainfo } = makeV1Torrent({ pieceLength: 16, length: 16 * 5000 })
  const clock = new VirtualClock()
  const pieces = Array.from({ length: 2500 }, (_, i): [number, number] => [2 * i, 2 * i])
  const report = await fetch(
    fetchOptions(NOBODY, withMetainfo(metainfo), folder.path, { totalTimeoutMs: 1000, pieces }),
    {
      ...portsWithoutPeer(),
      clock,
      openStore: () => ({ ...emptyStore(() => undefined), prepareWrite: () => clock.advance(1) }),
    },
  )
  expect(report).toMatchObject({ exitCode: 6, attempts: [], error: { code: 'E_TIMEOUT' } })
})

test('the time limit holds while the disk is checked', async () => {
  const { metainfo } = makeV1Torrent({ pieceLength: 16, length: 16 * 5000 })
  const clock = new VirtualClock()
  const report = await fetch(
    fetchOptions(NOBODY, withMetainfo(metainfo), folder.path, { totalTimeoutMs: 3000 }),
    { ...portsWithoutPeer(), clock, openStore: () => emptyStore(() => clock.advance(1)) },
  )
  expect(report).toMatchObject({
    exitCode: 6,
    attempts: [],
    error: { code: 'E_TIMEOUT', message: expect.stringContaining('3000 ms') },
  })
  expect(clock.pending).toBe(0)
})

describe('a v2 torrent without its piece layers', () => {
  const made = makeV2Torrent()
  const { torrent } = targetOfTorrent(
    new Uint8Array(Buffer.concat([Buffer.from('d4:info'), made.metainfo.infoBytes, Buffer.from('e')])),
  )
  const script = {
    onHashRequest: (request: HashRequest, { send }: { send: (...messages: Message[]) => void }) => {
      const answer: HashAnswer = made.answer(request)
      send(answer)
    },
  }

  test('what is on disk is kept: it is proven when the layers have come', async () => {
    const pieceLength = made.metainfo.pieceLength
    await writeFile(join(folder.path, 'content'), made.content.subarray(0, 2 * pieceLength))
    const seeder = await startSeeder(made, script)
    try {
      const options = { ...fetchOptions(seeder, made.metainfo, folder.path), torrent }
      const report = await fetch(options, testPorts())
      expect(report).toMatchObject({
        ok: true,
        fetch: { complete: true, alreadyThere: 2, fetched: 2 },
        torrent: { notes: [{ id: 'missing-layer', count: 1 }] },
      })
      expect(new Set(seeder.requests.map(({ piece }) => piece))).toStrictEqual(new Set([2, 3]))
      expect(await folder.read()).toStrictEqual(made.content)
    } finally {
      await seeder.stop()
    }
  })

  test('fetch-block --verify proves a block', async () => {
    const seeder = await startSeeder(made, script)
    try {
      const base = { ...fetchOptions(seeder, made.metainfo, undefined), torrent }
      const block = { piece: 1, offset: 0, length: 16_384, force: false, verify: true, repeat: 1 }
      const report = await fetchBlock({ ...base, ...block, output: join(folder.path, 'block') }, testPorts())
      expect(report).toMatchObject({ ok: true, block: { verified: 'merkle-proof' } })
    } finally {
      await seeder.stop()
    }
  })
})
