import { describe, expect, test } from 'vitest'
import { FetchQueue, type FetchQueueOptions } from '../../../../src/session/download/fetch-queue.ts'
import { LatencyHistogram } from '../../../../src/session/download/latency-histogram.ts'
import { QueueDepth } from '../../../../src/session/download/queue-depth.ts'
import { Bitfield } from '../../../../src/wire/bitfield.ts'

const BLOCK = 16_384

/** Eight pieces of four blocks, all claimed, unchoked. */
function makeQueue(changes: Partial<FetchQueueOptions> = {}, pieceCount = 8): FetchQueue {
  const queue = new FetchQueue({
    pieces: Bitfield.full(pieceCount),
    pieceLength: () => 4 * BLOCK,
    has: () => true,
    fast: true,
    reqq: 250,
    ...changes,
  })
  queue.unchoked()
  return queue
}

describe('asking', () => {
  test('nothing while choked, save allowed-fast pieces', () => {
    const queue = makeQueue()
    queue.choked()
    expect(queue.nextRequests(0)).toEqual([])
    queue.peerAllowsFast(5)
    queue.peerAllowsFast(99)
    expect(new Set(queue.nextRequests(0).map(({ piece }) => piece))).toEqual(new Set([5]))
  })

  test.each([
    { reqq: 1, first: 1 },
    { reqq: 7, first: 7 },
    { reqq: 250, first: 32 },
  ])('never more than a reqq of $reqq', ({ reqq, first }) => {
    expect(makeQueue({ reqq }).nextRequests(0)).toHaveLength(first)
  })

  test('in batches: none until a quarter of the queue is free', () => {
    const queue = makeQueue({ reqq: 8 })
    const requests = queue.nextRequests(0)
    const answer = (i: number) => queue.received(requests[i] ?? { piece: 0, begin: 0, length: 0 }, 1)
    answer(0)
    expect(queue.nextRequests(1)).toEqual([])
    answer(1)
    expect(queue.nextRequests(1)).toHaveLength(2)
    expect(queue.outstanding).toBe(8)
  })

  test.each([
    { pieceLength: 4 * BLOCK, pieceMemory: 8 * BLOCK, pieces: 2 },
    { pieceLength: 4 * BLOCK, pieceMemory: 8 * BLOCK - 1, pieces: 1 },
    { pieceLength: 4 * BLOCK, pieceMemory: 1, pieces: 1 },
  ])('of no more pieces than fit in $pieceMemory bytes', ({ pieceLength, pieceMemory, pieces }) => {
    const queue = makeQueue({ pieceLength: () => pieceLength, pieceMemory })
    expect(new Set(queue.nextRequests(0).map(({ piece }) => piece)).size).toBe(pieces)
  })

  test('what is rejected comes again, three times, and then its piece is refused', () => {
    const queue = makeQueue({}, 1)
    const [request] = queue.nextRequests(0)
    if (request === undefined) throw new Error('no request')
    for (const type of ['again', 'again', 'refused']) {
      expect(queue.rejected(request)).toMatchObject({ type })
      queue.nextRequests(1)
    }
    expect(queue.refused).toEqual([0])
    expect(queue.isDone).toBe(true)
    expect(queue.outstanding).toBe(0)
    expect(queue.rejected(request)).toEqual({ type: 'unrequested' })
  })

  test('rejects that answer a choke count for nothing', () => {
    const queue = makeQueue({}, 1)
    for (let i = 0; i < 5; i++) {
      const requests = queue.nextRequests(i)
      queue.choked()
      for (const request of requests) expect(queue.rejected(request)).toEqual({ type: 'again' })
      queue.unchoked()
    }
    expect(queue.refused).toEqual([])
    expect(queue.counts).toMatchObject({ chokes: 5, rejects: 20 })
  })

  test.each([
    { fast: false, outstanding: 0 },
    { fast: true, outstanding: 32 },
  ])('a choke takes requests back, unless the fast extension ($fast) leaves them to be rejected', (row) => {
    const queue = makeQueue({ fast: row.fast })
    queue.nextRequests(0)
    queue.choked()
    expect(queue.outstanding).toBe(row.outstanding)
  })

  test('a request that others overtook is asked again after 30 seconds, and late answers are welcome', () => {
    const queue = makeQueue()
    const [first, second] = queue.nextRequests(0)
    if (first === undefined || second === undefined) throw new Error('no requests')
    queue.received(second, 10)
    expect(queue.expire(40_000)).toEqual([])
    const later = makeQueue({ reqq: 2 })
    const [lost, answered] = later.nextRequests(0)
    if (lost === undefined || answered === undefined) throw new Error('no requests')
    later.received(answered, 1)
    const [next] = later.nextRequests(2)
    if (next === undefined) throw new Error('no request')
    later.received(next, 3)
    expect(later.expire(29_999)).toEqual([])
    expect(later.expire(30_001)).toEqual([lost])
    expect(later.received(lost, 30_002)).toMatchObject({ type: 'accepted' })
  })
})

describe('what comes', () => {
  test.each([
    ['never asked, of a piece not begun', { piece: 7, begin: 0, length: BLOCK }],
    ['of no piece', { piece: 0xffff_ffff, begin: 0, length: BLOCK }],
    ['not on a block', { piece: 0, begin: 1, length: BLOCK }],
    ['past the piece', { piece: 0, begin: 4 * BLOCK, length: BLOCK }],
    ['far past the piece', { piece: 0, begin: 0x127b_c000, length: BLOCK }],
    ['too short', { piece: 0, begin: 0, length: BLOCK - 1 }],
    ['too long', { piece: 0, begin: 0, length: BLOCK + 1 }],
    ['empty', { piece: 0, begin: 0, length: 0 }],
  ])('%s: unrequested, and nothing changes', (_, block) => {
    const queue = makeQueue({ reqq: 4 })
    queue.nextRequests(0)
    expect(queue.received(block, 1)).toEqual({ type: 'unrequested' })
    expect(queue).toMatchObject({ outstanding: 4, counts: { unrequested: 1 } })
  })

  test('the same again: a duplicate, also once the piece is done', () => {
    const queue = makeQueue({ reqq: 4 })
    const requests = queue.nextRequests(0)
    const results = requests.map((request) => queue.received(request, 1))
    expect(results.at(-1)).toEqual({ type: 'accepted', pieceComplete: true })
    for (const request of requests) expect(queue.received(request, 2)).toEqual({ type: 'duplicate' })
    expect(queue.counts).toMatchObject({ duplicates: 4, unrequested: 0 })
  })

  test('256 unrequested blocks are put up with, 257 are a flood', () => {
    const queue = makeQueue()
    for (let i = 0; i < 256; i++) queue.received({ piece: 3, begin: 1, length: 1 }, 0)
    expect(queue.isFlooded).toBe(false)
    queue.received({ piece: 3, begin: 1, length: 1 }, 0)
    expect(queue.isFlooded).toBe(true)
  })

  test('claims move pieces from unavailable to wanted, once', () => {
    const queue = makeQueue({ has: (piece) => piece < 2 })
    expect(queue.unavailable.renderRanges()).toBe('2-7')
    expect(queue.peerHas(4)).toBe(true)
    expect([queue.peerHas(4), queue.peerHas(0), queue.peerHas(8), queue.peerHas(0xffff_ffff)]).toEqual([
      false,
      false,
      false,
      false,
    ])
    expect(queue.unavailable.renderRanges()).toBe('2-3,5-7')
  })
})

describe('depth', () => {
  /** A peer that answers one block every so many milliseconds, after a round trip. */
  function settle(limit: number, msPerBlock: number, latencyMs: number): number {
    const depth = new QueueDepth(limit)
    for (let at = 0, i = 0; i < 5000; i++, at += msPerBlock) depth.answered(latencyMs, at)
    return depth.current
  }

  test.each([
    { limit: 500, msPerBlock: 0.05, latencyMs: 1, depth: 500, peer: 'a fast one gets its whole queue' },
    { limit: 30, msPerBlock: 0.05, latencyMs: 1, depth: 30, peer: 'and never more' },
    { limit: 500, msPerBlock: 10, latencyMs: 20, depth: 104, peer: 'a second and two round trips' },
    { limit: 500, msPerBlock: 10, latencyMs: 500, depth: 200, peer: 'more when it is far away' },
    { limit: 500, msPerBlock: 2000, latencyMs: 100, depth: 4, peer: 'a slow one a few' },
    { limit: 1, msPerBlock: 2000, latencyMs: 100, depth: 1, peer: 'a limit of one is one' },
  ])('$peer: $depth', ({ limit, msPerBlock, latencyMs, depth }) => {
    expect(settle(limit, msPerBlock, latencyMs)).toBe(depth)
  })
})

describe('percentiles', () => {
  test('none of nothing', () => {
    expect(new LatencyHistogram().percentile(0.5)).toBeUndefined()
  })

  test.each([0, 0.5, 0.9, 0.99, 1])('%s of 1 to 1000 ms is right to 5 %%', (share) => {
    const latencies = new LatencyHistogram()
    for (let ms = 1; ms <= 1000; ms++) latencies.record(ms)
    const exact = Math.max(1, share * 1000)
    const found = latencies.percentile(share) ?? 0
    expect(Math.abs(found - exact) / exact).toBeLessThan(0.05)
  })

  test.each([0, 1e-9, 1e12])('%s ms has a bucket', (ms) => {
    const latencies = new LatencyHistogram()
    latencies.record(ms)
    expect(latencies.percentile(0.5)).toBe(ms)
  })
})
