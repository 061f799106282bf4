import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ChokingAlgorithm } from '../../src/session/upload/choking.ts'

const stats = fc.record({
  interested: fc.boolean(),
  uploadRate: fc.nat({ max: 5 }),
  downloadRate: fc.nat({ max: 5 }),
  connectedAt: fc.nat({ max: 100_000 }),
})
const round = fc.record({
  wait: fc.integer({ min: 0, max: 40_000 }),
  role: fc.constantFrom('seed' as const, 'leecher' as const),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  peers: fc.uniqueArray(fc.tuple(fc.nat({ max: 11 }), stats), { selector: ([peer]) => peer, maxLength: 12 }),
})

test('whoever comes and goes, the slots are never exceeded and never left empty', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(round, { maxLength: 12 }), (slots, rounds) => {
      const algorithm = new ChokingAlgorithm<number>({ slots })
      let unchoked = new Set<number>()
      let at = 0
      for (const { wait, role, random, peers } of rounds) {
        at += wait
        unchoked = new Set(peers.map(([peer]) => peer).filter((peer) => unchoked.has(peer)))
        const known = peers.map(([peer, rest]) => ({ peer, choked: !unchoked.has(peer), ...rest }))
        for (const { peer, action } of algorithm.round(at, role, known, () => random).decisions) {
          // each decision changes something, and the slots hold after every single one
          expect(unchoked.has(peer)).toBe(action === 'choke')
          if (action === 'choke') unchoked.delete(peer)
          else unchoked.add(peer)
          if (action === 'unchoke') expect(unchoked.size).toBeLessThanOrEqual(slots)
        }
        const interested = known.filter((peer) => peer.interested).map(({ peer }) => peer)
        expect(unchoked.size).toBe(Math.min(slots, interested.length))
        for (const peer of unchoked) expect(interested).toContain(peer)
      }
    }),
  )
})
