import { describe, expect, test } from 'vitest'
import {
  BLOCK_LENGTH,
  MAX_ACTIVE_PIECES,
  MAX_COUNTED_PEERS,
  MAX_OUTSTANDING_REQUESTS,
} from '../../../../src/base/limits.ts'
import { PieceManager, type PieceManagerOptions } from '../../../../src/session/swarm/piece-manager.ts'
import { Bitfield } from '../../../../src/wire/bitfield.ts'

/** Pieces of two blocks, unless told otherwise; the last piece has one and a half. */
function manager(pieceCount: number, options: Partial<PieceManagerOptions> = {}) {
  const pieceLength = (piece: number) => BLOCK_LENGTH * (piece === pieceCount - 1 ? 1.5 : 2)
  return new PieceManager({ pieceCount, pieceLength, ...options })
}

function bitfield(pieceCount: number, ...pieces: number[]) {
  const made = new Bitfield(pieceCount)
  for (const piece of pieces) made.set(piece)
  return made
}

const half = () => 0.5

/** Has the peer send the whole piece and accepts it. */
function complete(pieces: PieceManager, peer: string, count = 2) {
  const requests = pieces.nextRequests(peer, count, 0, half)
  for (const request of requests) pieces.received(peer, request)
  for (const piece of new Set(requests.map((request) => request.piece))) pieces.verified(piece, true)
  return requests.map(({ piece }) => piece)
}

describe('one peer', () => {
  test('the whole torrent, in sequence, to the last short block', () => {
    const pieces = manager(3, { order: 'sequential' })
    pieces.addPeer('a', Bitfield.full(3))
    const requests = pieces.nextRequests('a', 99, 0, half)
    expect(requests.map(({ piece, begin, length }) => [piece, begin, length])).toStrictEqual([
      [0, 0, 16_384],
      [0, 16_384, 16_384],
      [1, 0, 16_384],
      [1, 16_384, 16_384],
      [2, 0, 16_384],
      [2, 16_384, 8192],
    ])
    expect(pieces.nextRequests('a', 99, 0, half)).toStrictEqual([])
    for (const request of requests) {
      const last = request.begin > 0
      expect(pieces.received('a', request)).toStrictEqual({
        type: 'accepted',
        pieceComplete: last,
        cancel: [],
      })
      expect(pieces.stateOf(request.piece)).toBe(last ? 'verifying' : 'active')
      if (last) expect(pieces.verified(request.piece, true).contributors).toStrictEqual(['a'])
    }
    expect([pieces.isComplete, pieces.remaining, pieces.have().count]).toStrictEqual([true, 0, 3])
  })

  test('a piece with a wrong hash starts again', () => {
    const pieces = manager(20, { order: 'sequential' })
    pieces.addPeer('a', Bitfield.full(20))
    const first = pieces.nextRequests('a', 2, 0, half)
    for (const request of first) pieces.received('a', request)
    expect(pieces.stateOf(0)).toBe('verifying')
    expect(pieces.verified(0, false)).toStrictEqual({ contributors: ['a'] })
    expect([pieces.stateOf(0), pieces.remaining]).toStrictEqual(['missing', 20])
    expect(pieces.nextRequests('a', 2, 0, half)).toStrictEqual(first)
  })

  test('what was not asked for is not taken, and twice is a duplicate or unrequested', () => {
    const pieces = manager(20)
    pieces.addPeer('a', Bitfield.full(20))
    const [request] = pieces.nextRequests('a', 1, 0, half)
    if (request === undefined) throw new Error('nothing to ask for')
    expect(pieces.received('a', { ...request, length: 1 })).toStrictEqual({ type: 'unrequested' })
    expect(pieces.received('b', request)).toStrictEqual({ type: 'unrequested' })
    expect(pieces.received('a', request).type).toBe('accepted')
    expect(pieces.received('a', request)).toStrictEqual({ type: 'unrequested' })
    expect(pieces.blockStates(request.piece)).toStrictEqual(['received', 'missing'])
  })

  test('a rejected block can be asked for again, an unanswered one not', () => {
    const pieces = manager(1)
    pieces.addPeer('a', Bitfield.full(1))
    const requests = pieces.nextRequests('a', 9, 0, half)
    expect(requests).toHaveLength(2)
    expect(pieces.released('a', { piece: 0, begin: 0, length: 1 })).toBe(false)
    expect(pieces.released('a', { piece: 0, begin: 0, length: BLOCK_LENGTH })).toBe(true)
    expect(pieces.nextRequests('a', 9, 0, half)).toStrictEqual(requests.slice(0, 1))
    expect(pieces.releasedAll('a')).toBe(2)
    expect([pieces.stateOf(0), pieces.outstanding('a')]).toStrictEqual(['missing', 0])
  })

  test('no more requests than the limit', () => {
    const pieces = manager(1000)
    pieces.addPeer('a', Bitfield.full(1000))
    expect(pieces.nextRequests('a', 10_000, 0, half)).toHaveLength(MAX_OUTSTANDING_REQUESTS)
    expect(pieces.nextRequests('a', 1, 0, half)).toStrictEqual([])
  })

  test('while choked, only the allowed pieces', () => {
    const pieces = manager(20)
    pieces.addPeer('a', bitfield(20, 3, 4, 5))
    const only = bitfield(20, 4, 9)
    expect(pieces.nextRequests('a', 99, 0, half, only).map(({ piece }) => piece)).toStrictEqual([4, 4])
  })
})

describe('order', () => {
  test('rarest first, once the first pieces were random', () => {
    const pieces = manager(40)
    pieces.addPeer('a', Bitfield.full(40))
    pieces.addPeer('b', bitfield(40, ...Array.from({ length: 34 }, (_, i) => i)))
    pieces.addPeer('c', bitfield(40, ...Array.from({ length: 30 }, (_, i) => i)))
    const order = Array.from({ length: 10 }, () => complete(pieces, 'a')[0] as number)
    const availability = order.map((piece) => pieces.availabilityOf(piece))
    for (const piece of order.slice(0, 4)) expect(piece).toBeGreaterThanOrEqual(30)
    expect(availability.slice(4)).toStrictEqual(availability.slice(4).sort((a, b) => a - b))
    expect(availability.filter((count) => count === 1)).toHaveLength(6)
  })

  test('the first four are drawn from the ten rarest', () => {
    const seen = new Set<number>()
    for (let lot = 0; lot < 200; lot++) {
      const pieces = manager(30)
      pieces.addPeer('a', Bitfield.full(30))
      for (let peer = 0; peer < 19; peer++) pieces.addPeer(`b${peer}`, bitfield(30, ...upTo(peer + 11)))
      seen.add(pieces.nextRequests('a', 1, 0, () => lot / 200)[0]?.piece ?? -1)
    }
    expect([...seen].sort((a, b) => a - b)).toStrictEqual([20, 21, 22, 23, 24, 25, 26, 27, 28, 29])
  })

  test('what comes and goes keeps the counts right', () => {
    const pieces = manager(3)
    pieces.addPeer('a', bitfield(3, 0, 1))
    pieces.addPeer('b', bitfield(3, 1))
    pieces.peerHas('b', 2)
    pieces.peerHas('b', 2)
    pieces.peerLost('a', 0)
    pieces.peerLost('a', 0)
    expect(upTo(3).map((piece) => pieces.availabilityOf(piece))).toStrictEqual([0, 2, 1])
    pieces.removePeer('b')
    pieces.removePeer('b')
    expect(upTo(3).map((piece) => pieces.availabilityOf(piece))).toStrictEqual([0, 1, 0])
  })

  test.each(['rarest-first', 'sequential'] as const)('priorities go before %s', (order) => {
    const pieces = manager(30, { order })
    pieces.addPeer('a', Bitfield.full(30))
    for (let i = 0; i < 4; i++) complete(pieces, 'a')
    const left = upTo(30).filter((piece) => pieces.stateOf(piece) === 'missing')
    const [high, low, skip] = left.slice(-3) as [number, number, number]
    pieces.setPriority(high, 'high')
    pieces.setPriority(low, 'low')
    pieces.setPriority(skip, 'skip')
    expect(pieces.remaining).toBe(25)
    const rest = Array.from({ length: 25 }, () => complete(pieces, 'a')[0])
    expect([rest[0], rest.at(-1), rest.includes(skip)]).toStrictEqual([high, low, false])
    expect(pieces.isComplete).toBe(true)
    expect(pieces.isInteresting('a')).toBe(false)
    pieces.setPriority(skip, 'normal')
    expect([pieces.remaining, pieces.isInteresting('a')]).toStrictEqual([1, true])
  })

  test('a piece that was begun is finished first, by whoever has it', () => {
    const pieces = manager(30)
    pieces.addPeer('a', Bitfield.full(30))
    pieces.addPeer('b', Bitfield.full(30))
    const [first] = pieces.nextRequests('a', 1, 0, half)
    const [second] = pieces.nextRequests('b', 1, 0, half)
    expect(second).toStrictEqual({ ...first, begin: BLOCK_LENGTH })
  })

  test('pieces had and unwanted are left alone', () => {
    const pieces = manager(20, { have: bitfield(20, 0, 1), wanted: bitfield(20, 1, 2, 3) })
    pieces.addPeer('a', Bitfield.full(20))
    expect([pieces.remaining, pieces.stateOf(0)]).toStrictEqual([2, 'have'])
    const asked = pieces.nextRequests('a', 99, 0, half).map(({ piece }) => piece)
    expect([...new Set(asked)].sort((a, b) => a - b)).toStrictEqual([2, 3])
  })

  test('a piece skipped after it was begun is asked for no more', () => {
    const pieces = manager(20, { order: 'sequential' })
    pieces.addPeer('a', Bitfield.full(20))
    pieces.nextRequests('a', 1, 0, half)
    pieces.setPriority(0, 'skip')
    expect(pieces.nextRequests('a', 1, 0, half)[0]?.piece).toBe(1)
  })

  test('a piece skipped while it is verified is had, and was not counted as remaining', () => {
    const pieces = manager(20, { order: 'sequential' })
    pieces.addPeer('a', Bitfield.full(20))
    for (const request of pieces.nextRequests('a', 2, 0, half)) pieces.received('a', request)
    pieces.setPriority(0, 'skip')
    pieces.verified(0, true)
    expect([pieces.remaining, pieces.stateOf(0)]).toStrictEqual([19, 'have'])
  })
})

test('peers are counted up to a number; one more finds room when another leaves', () => {
  const pieces = manager(1)
  const seed = Bitfield.full(1)
  for (let peer = 0; peer < MAX_COUNTED_PEERS; peer++) pieces.addPeer(`${peer}`, seed)
  expect(() => pieces.addPeer('one more', seed)).toThrow(`more than ${MAX_COUNTED_PEERS} peers`)
  pieces.removePeer('0')
  pieces.addPeer('one more', seed)
  expect(pieces.nextRequests('one more', 1, 0, half)).toHaveLength(1)
})

describe('endgame', () => {
  test.each([
    { pieceCount: 10, again: true },
    { pieceCount: 11, again: false },
  ])('with $pieceCount pieces left', ({ pieceCount, again }) => {
    const pieces = manager(pieceCount)
    pieces.addPeer('a', Bitfield.full(pieceCount))
    pieces.addPeer('b', Bitfield.full(pieceCount))
    const first = pieces.nextRequests('a', 99, 0, half)
    expect(first).toHaveLength(pieceCount * 2)
    expect(pieces.nextRequests('b', 99, 0, half)).toHaveLength(again ? pieceCount * 2 : 0)
    expect(pieces.inEndgame).toBe(again)
  })

  test('the other copy is cancelled, or comes and is a duplicate', () => {
    const pieces = manager(1)
    for (const peer of ['a', 'b', 'c']) pieces.addPeer(peer, Bitfield.full(1))
    const [request] = pieces.nextRequests('a', 1, 0, half)
    if (request === undefined) throw new Error('nothing to ask for')
    pieces.nextRequests('b', 9, 0, half)
    pieces.nextRequests('c', 9, 0, half)
    expect(pieces.received('b', request)).toStrictEqual({
      type: 'accepted',
      pieceComplete: false,
      cancel: [
        { peer: 'a', request },
        { peer: 'c', request },
      ],
    })
    expect(pieces.released('a', request)).toBe(true)
    expect(pieces.received('c', request)).toStrictEqual({ type: 'duplicate' })
  })

  test('a copy that comes after the piece failed and was begun anew changes nothing', () => {
    const pieces = manager(1)
    for (const peer of ['a', 'b']) pieces.addPeer(peer, Bitfield.full(1))
    const requests = pieces.nextRequests('a', 9, 0, half)
    expect(pieces.nextRequests('b', 9, 0, half)).toStrictEqual(requests)
    for (const request of requests) pieces.received('a', request)
    pieces.verified(0, false)
    expect(pieces.nextRequests('b', 9, 0, half)).toStrictEqual([])
    expect(pieces.nextRequests('a', 9, 0, half)).toStrictEqual(requests)
    for (const request of requests) expect(pieces.received('b', request)).toStrictEqual({ type: 'duplicate' })
    expect(pieces.blockStates(0)).toStrictEqual(['requested', 'requested'])
    for (const request of requests) pieces.received('a', request)
    expect(pieces.verified(0, true)).toStrictEqual({ contributors: ['a'] })
  })
})

describe('stale requests', () => {
  test('after 30 seconds others are asked, and a late answer is taken', () => {
    const pieces = manager(20, { wanted: bitfield(20, 7), pieceLength: () => BLOCK_LENGTH })
    pieces.addPeer('a', Bitfield.full(20))
    const [request] = pieces.nextRequests('a', 9, 1000, half)
    expect(pieces.nextExpiry).toBe(31_000)
    expect(pieces.expire(30_999)).toStrictEqual([])
    expect(pieces.expire(31_000)).toStrictEqual([{ peer: 'a', request }])
    expect([pieces.expire(99_000), pieces.nextExpiry]).toStrictEqual([[], undefined])
    expect(pieces.nextRequests('a', 9, 31_000, half)).toStrictEqual([])
    pieces.addPeer('b', Bitfield.full(20))
    expect(pieces.nextRequests('b', 9, 31_000, half)).toStrictEqual([request])
    if (request === undefined) throw new Error('nothing to ask for')
    expect(pieces.received('a', request)).toStrictEqual({
      type: 'accepted',
      pieceComplete: true,
      cancel: [{ peer: 'b', request }],
    })
    expect(pieces.verified(7, true)).toStrictEqual({ contributors: ['a'] })
  })

  test('after a cancel the same peer may be asked again, and what came before stays', () => {
    const pieces = manager(20, { order: 'sequential' })
    pieces.addPeer('a', Bitfield.full(20))
    const [first, second] = pieces.nextRequests('a', 2, 0, half)
    if (first === undefined) throw new Error('nothing to ask for')
    pieces.received('a', first)
    for (const { peer, request } of pieces.expire(30_000)) pieces.released(peer, request)
    expect(pieces.blockStates(0)).toStrictEqual(['received', 'missing'])
    expect(pieces.nextRequests('a', 1, 30_000, half)).toStrictEqual([second])
  })
})

test('no more pieces are begun than the limit', () => {
  const count = MAX_ACTIVE_PIECES + 10
  const pieces = new PieceManager<number>({ pieceCount: count, pieceLength: () => 2 * BLOCK_LENGTH })
  // each peer has one piece and gets one block asked, so that every piece stays open
  for (let peer = 0; peer < count; peer++) {
    pieces.addPeer(peer, bitfield(count, peer))
    expect(pieces.nextRequests(peer, 1, 0, half)).toHaveLength(peer < MAX_ACTIVE_PIECES ? 1 : 0)
  }
  pieces.removePeer(0)
  expect(pieces.nextRequests(MAX_ACTIVE_PIECES, 1, 0, half)).toHaveLength(1)
})

test.each([
  ['a priority past the end', (pieces: PieceManager) => pieces.setPriority(20, 'high')],
  ['a have past the end', (pieces: PieceManager) => pieces.peerHas('a', 20)],
  ['a peer twice', (pieces: PieceManager) => pieces.addPeer('a', Bitfield.full(20))],
  ['a bitfield of another torrent', (pieces: PieceManager) => pieces.addPeer('b', Bitfield.full(19))],
  ['a hash of a piece that is not there', (pieces: PieceManager) => pieces.verified(0, true)],
])('%s is a mistake of the caller', (_, mistake) => {
  const pieces = manager(20)
  pieces.addPeer('a', Bitfield.full(20))
  expect(() => mistake(pieces)).toThrow(RangeError)
})

test.each([0, -1, 0.5, 2 ** 32])('a piece of %d bytes is a mistake of the caller', (length) => {
  const pieces = manager(1, { pieceLength: () => length })
  pieces.addPeer('a', Bitfield.full(1))
  expect(() => pieces.nextRequests('a', 1, 0, half)).toThrow(RangeError)
})

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}
