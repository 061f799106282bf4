import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { BLOCK_LENGTH } from '../../src/base/limits.ts'
import type { BlockRequest } from '../../src/session/block.ts'
import { blockKey, type BlockKey } from '../../src/wire/message/block-key.ts'
import { PieceManager } from '../../src/session/swarm/piece-manager.ts'
import { Bitfield } from '../../src/wire/bitfield.ts'

const PEERS = 3

const step = fc.record({
  peer: fc.nat({ max: PEERS - 1 }),
  do: fc.constantFrom(
    'ask',
    'ask',
    'answer',
    'answer',
    'answer',
    'reject',
    'choke',
    'leave',
    'wait',
    'have',
    'lose',
  ),
  amount: fc.nat({ max: 7 }),
})
const scenario = fc.record({
  pieceCount: fc.integer({ min: 1, max: 24 }),
  order: fc.constantFrom('rarest-first' as const, 'sequential' as const),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  steps: fc.array(step, { maxLength: 120 }),
})

/** Plays a scenario with peers that answer, reject, choke, leave and fall silent, checking every request against a model. */
class Swarm {
  readonly pieces: PieceManager<number>
  readonly asked = new Map<number, Map<BlockKey, { request: BlockRequest; stale: boolean }>>()
  /** Blocks received, and the piece of each. */
  readonly done = new Map<BlockKey, number>()
  readonly pieceCount: number
  readonly #random: number
  at = 0

  constructor(pieceCount: number, order: 'rarest-first' | 'sequential', random: number) {
    this.pieceCount = pieceCount
    this.#random = random
    this.pieces = new PieceManager<number>({ pieceCount, order, pieceLength: (piece) => lengthOf(piece) })
    for (let peer = 0; peer < PEERS; peer++) this.join(peer)
  }

  join(peer: number): void {
    this.asked.set(peer, new Map())
    this.pieces.addPeer(peer, Bitfield.full(this.pieceCount))
  }

  ask(peer: number, count: number): void {
    const others = [...this.asked].filter(([other]) => other !== peer).map(([, asked]) => asked)
    const asked = this.asked.get(peer) ?? new Map()
    const endgame = this.pieces.inEndgame
    const requests = this.pieces.nextRequests(peer, count, this.at, () => this.#random)
    expect(requests.length).toBeLessThanOrEqual(count)
    for (const request of requests) {
      const key = blockKey(request)
      expect(asked.has(key)).toBe(false)
      expect(this.done.has(key)).toBe(false)
      if (!endgame) expect(others.some((other) => other.get(key)?.stale === false)).toBe(false)
      asked.set(key, { request, stale: false })
    }
  }

  answer(peer: number, ok: boolean): void {
    const [key, entry] = [...(this.asked.get(peer) ?? [])][0] ?? []
    if (key === undefined || entry === undefined) return
    this.asked.get(peer)?.delete(key)
    const result = this.pieces.received(peer, entry.request)
    expect(result.type).not.toBe('unrequested')
    if (result.type !== 'accepted') return
    expect(this.done.has(key)).toBe(false)
    this.done.set(key, entry.request.piece)
    for (const { peer: other, request } of result.cancel) {
      expect(this.asked.get(other)?.delete(blockKey(request))).toBe(true)
      expect(this.pieces.released(other, request)).toBe(true)
    }
    if (result.pieceComplete) this.#verify(entry.request.piece, ok)
  }

  #verify(piece: number, ok: boolean): void {
    this.pieces.verified(piece, ok)
    if (ok) return
    for (const [key, of] of this.done) if (of === piece) this.done.delete(key)
  }

  play({ peer, do: what, amount }: { peer: number; do: string; amount: number }): void {
    const asked = this.asked.get(peer)
    const piece = amount % this.pieceCount
    if (what === 'ask') this.ask(peer, amount)
    if (what === 'answer') this.answer(peer, amount !== 0)
    if (what === 'have') this.pieces.peerHas(peer, piece)
    if (what === 'lose') this.pieces.peerLost(peer, piece)
    if (what === 'reject') {
      for (const { request } of [...(asked?.values() ?? [])].slice(0, amount)) {
        expect(this.pieces.released(peer, request)).toBe(true)
        asked?.delete(blockKey(request))
      }
    }
    if (what === 'choke') {
      expect(this.pieces.releasedAll(peer)).toBe(asked?.size)
      asked?.clear()
    }
    if (what === 'leave') {
      this.pieces.removePeer(peer)
      this.join(peer)
    }
    if (what === 'wait') {
      this.at += amount * 6000
      for (const { peer: late, request } of this.pieces.expire(this.at)) {
        const entry = this.asked.get(late)?.get(blockKey(request))
        expect(entry?.stale).toBe(false)
        if (entry !== undefined) entry.stale = true
      }
    }
  }
}

function lengthOf(piece: number): number {
  return BLOCK_LENGTH * ((piece % 3) + 1) - (piece % 2) * 100
}

test('no block is asked for twice outside the endgame, and the torrent is always finished in the end', () => {
  fc.assert(
    fc.property(scenario, ({ pieceCount, order, random, steps }) => {
      const swarm = new Swarm(pieceCount, order, random)
      for (const one of steps) {
        swarm.play(one)
        for (const [peer, asked] of swarm.asked) expect(swarm.pieces.outstanding(peer)).toBe(asked.size)
      }
      // from here on one peer answers everything
      for (let piece = 0; piece < pieceCount; piece++) swarm.pieces.peerHas(0, piece)
      for (const peer of [1, 2]) swarm.pieces.removePeer(peer)
      for (let peer = 1; peer < PEERS; peer++) swarm.asked.delete(peer)
      for (let turn = 0; turn < 400 && !swarm.pieces.isComplete; turn++) {
        swarm.ask(0, 5)
        for (let i = 0; i < 5; i++) swarm.answer(0, true)
      }
      expect(swarm.pieces.isComplete).toBe(true)
      expect(swarm.pieces.have().isComplete).toBe(true)
    }),
    { numRuns: 300 },
  )
})

test('availability is the number of peers that have a piece, and the rarest is picked', () => {
  const bits = fc.uint8Array({ minLength: 2, maxLength: 2 })
  fc.assert(
    fc.property(fc.array(bits, { minLength: 1, maxLength: 6 }), fc.nat({ max: 5 }), (fields, removed) => {
      const pieces = new PieceManager<number>({ pieceCount: 16, pieceLength: () => BLOCK_LENGTH })
      const peers = new Map(fields.map((bytes, peer) => [peer, Bitfield.fromBytes(bytes, 16)]))
      for (const [peer, have] of peers) pieces.addPeer(peer, have)
      if (removed > 0) {
        pieces.removePeer(removed)
        peers.delete(removed)
      }
      for (let piece = 0; piece < 16; piece++)
        expect(pieces.availabilityOf(piece)).toBe(
          [...peers.values()].filter((have) => have.has(piece)).length,
        )
      // the first four are drawn from the ten rarest: take those, then the order has to be exact
      const order = pieces.nextRequests(0, 16, 0, () => 0.3).map(({ piece }) => piece)
      expect(order).toHaveLength(peers.get(0)?.count ?? 0)
      const counts = order.slice(4).map((piece) => pieces.availabilityOf(piece))
      expect(counts).toStrictEqual([...counts].sort((a, b) => a - b))
    }),
  )
})
