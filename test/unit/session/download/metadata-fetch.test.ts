import { describe, expect, test } from 'vitest'
import { toHex } from '../../../../src/base/bytes.ts'
import { MetadataFetch, type MetadataStep } from '../../../../src/session/download/metadata-fetch.ts'
import { NODE_HASHES } from '../../../../src/net/node-hashes.ts'
import {
  decodeExtensionHandshake,
  encodeExtensionHandshake,
} from '../../../../src/wire/extension/handshake.ts'

const PAGE = 16_384
const bytes = Uint8Array.from({ length: 4 * PAGE + 100 }, (_, i) => (i * 7 + (i >>> 9)) & 0xff)
const infoHashes = { v1: NODE_HASHES.sha1(bytes), v2: NODE_HASHES.sha256(bytes) }

function handshake(metadataSize: number | undefined, id = 3) {
  const size = metadataSize === undefined ? {} : { metadataSize }
  const decoded = decodeExtensionHandshake(
    encodeExtensionHandshake({ extensions: new Map([['ut_metadata', id]]), ...size }),
  )
  if (!decoded.ok) throw new Error(decoded.reason)
  return decoded.value
}

/** What a peer announces that our encoder refuses. */
function announcing(size: number) {
  const text = `d1:md11:ut_metadatai3ee13:metadata_sizei${size}ee`
  const decoded = decodeExtensionHandshake(new TextEncoder().encode(text))
  if (!decoded.ok) throw new Error(decoded.reason)
  return decoded.value
}

function begin(hashes: Partial<typeof infoHashes> = infoHashes, size = bytes.length) {
  const fetching = new MetadataFetch({
    infoHashes: { v1: hashes.v1, v2: hashes.v2 },
    timeoutMs: 15_000,
    hash: NODE_HASHES,
  })
  return { fetching, first: fetching.start(true, handshake(size), 0) }
}

const page = (piece: number) =>
  ({
    type: 'data',
    piece,
    totalSize: bytes.length,
    data: bytes.slice(piece * PAGE, (piece + 1) * PAGE),
  }) as const
const asked = ({ send }: MetadataStep) => send.map((message) => ('piece' in message ? message.piece : -1))

test('two requests wait at a time, and one more goes out for each answer', () => {
  const { fetching, first } = begin()
  expect(asked(first)).toEqual([0, 1])
  expect(asked(fetching.received(page(1), 1))).toEqual([2])
  expect(asked(fetching.received(page(1), 2))).toEqual([])
  expect(asked(fetching.received(page(0), 3))).toEqual([3])
  expect(asked(fetching.received(page(3), 4))).toEqual([4])
  fetching.received(page(2), 5)
  const { result } = fetching.received(page(4), 6)
  expect(result).toEqual({ type: 'done', infoBytes: bytes })
})

test('an unanswered request is repeated after 5 seconds, and after 15 without a piece the peer is given up', () => {
  const { fetching, first } = begin()
  expect(first.wakeAt).toBe(5000)
  expect(asked(fetching.tick(4999))).toEqual([])
  expect(asked(fetching.tick(5000))).toEqual([0, 1])
  expect(fetching.received(page(0), 6000)).toMatchObject({ result: undefined, wakeAt: 10_000 })
  expect(fetching.tick(20_999).result).toBeUndefined()
  expect(fetching.tick(21_000).result).toMatchObject({
    type: 'failed',
    error: { code: 'E_METADATA_TIMEOUT' },
  })
})

test('a storm of answers to nothing does not keep it alive', () => {
  const { fetching } = begin()
  for (let at = 0; at < 14_999; at += 10) {
    fetching.received({ type: 'reject', piece: 4 }, at)
    fetching.received(page(4), at)
  }
  expect(fetching.tick(15_000).result).toMatchObject({
    type: 'failed',
    error: { code: 'E_METADATA_TIMEOUT' },
  })
})

describe('hashes', () => {
  const wrong = { v1: new Uint8Array(20), v2: new Uint8Array(32) }
  test.each([
    { name: 'v1', hashes: { v1: infoHashes.v1 } },
    { name: 'v2', hashes: { v2: infoHashes.v2 } },
    { name: 'both', hashes: infoHashes },
  ])('$name: matches', ({ hashes }) => {
    expect(resultFor(hashes)).toMatchObject({ type: 'done' })
  })

  test.each([
    { name: 'a wrong v1', hashes: { v1: wrong.v1 }, outcome: 'hash-wrong', hint: /^the peer sent wrong/ },
    { name: 'a wrong v2', hashes: { v2: wrong.v2 }, outcome: 'hash-wrong', hint: /^the peer sent wrong/ },
    { name: 'both wrong', hashes: wrong, outcome: 'hash-wrong', hint: /^the peer sent wrong/ },
    {
      name: 'the v1 hash of another torrent',
      hashes: { ...infoHashes, v1: wrong.v1 },
      outcome: 'hashes-contradict',
      hint: /^the metadata has the other given hash/,
    },
    {
      name: 'the v2 hash of another torrent',
      hashes: { ...infoHashes, v2: wrong.v2 },
      outcome: 'hashes-contradict',
      hint: /^the metadata has the other given hash/,
    },
  ])('$name: $outcome', ({ hashes, outcome, hint }) => {
    const error: unknown = expect.objectContaining({
      code: 'E_METADATA_HASH',
      hint: expect.stringMatching(hint) as unknown,
    })
    expect(resultFor(hashes)).toMatchObject({ type: 'failed', outcome, error })
  })
})

function resultFor(hashes: Partial<typeof infoHashes>) {
  const { fetching } = begin(hashes)
  let step = fetching.received(page(0), 1)
  for (let piece = 1; piece < 5; piece++) step = fetching.received(page(piece), 1)
  expect(fetching.receivedCount).toBe(5)
  return step.result
}

test('a piece of another length than the announced size gives it', () => {
  const { fetching } = begin(infoHashes, bytes.length + 1)
  for (const piece of [0, 1, 2, 3]) expect(fetching.received(page(piece), 1).result).toBeUndefined()
  expect(fetching.received(page(4), 1).result).toMatchObject({
    outcome: 'length-wrong',
    error: { code: 'E_METADATA_SIZE' },
  })
})

test('a v2 hash cut to 20 bytes is told from false metadata, and the whole one is named', () => {
  const hint = `the given hash is the beginning of the SHA-256 of the metadata: use the whole v2 info hash, ${toHex(infoHashes.v2)}`
  expect(resultFor({ v1: infoHashes.v2.slice(0, 20) })).toMatchObject({
    outcome: 'hash-truncated',
    error: { code: 'E_METADATA_HASH', hint },
  })
})

test.each([
  ['no extension protocol', false, handshake(100), 'E_NO_EXTENSION_PROTOCOL', 'not-offered'],
  ['no extension handshake', true, undefined, 'E_NO_EXTENSION_PROTOCOL', 'not-offered'],
  ['ut_metadata disabled', true, handshake(100, 0), 'E_NO_METADATA_EXTENSION', 'not-offered'],
  ['no size', true, handshake(undefined), 'E_METADATA_SIZE', 'size-missing'],
  [
    'one more than the largest size',
    true,
    announcing(32 * 1024 * 1024 + 1),
    'E_METADATA_SIZE',
    'size-unusable',
  ],
] as const)('%s: nothing is asked', (_, extended, theirs, code, outcome) => {
  const fetching = new MetadataFetch({ infoHashes, timeoutMs: 1000, hash: NODE_HASHES })
  expect(fetching.start(extended, theirs, 0)).toMatchObject({
    send: [],
    result: { type: 'failed', outcome, error: { code } },
  })
})
