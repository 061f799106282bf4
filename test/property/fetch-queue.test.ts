import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { BlockRequest } from '../../src/session/block.ts'
import { FetchQueue } from '../../src/session/download/fetch-queue.ts'
import { Bitfield } from '../../src/wire/bitfield.ts'

/** What the peer does next; the numbers choose among what it was asked. */
const action = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant('answer' as const), which: fc.nat(1000) }) },
  fc.record({ type: fc.constant('reject' as const), which: fc.nat(1000) }),
  fc.record({ type: fc.constantFrom('choke' as const, 'unchoke' as const, 'wait' as const) }),
  fc.record({
    type: fc.constant('junk' as const),
    piece: fc.nat(12),
    begin: fc.nat(200_000),
    length: fc.nat(20_000),
  }),
)

test('whatever a peer does, each piece is completed once at most, the queue keeps its bounds, and honesty ends it', () => {
  fc.assert(
    fc.property(
      fc.array(action, { maxLength: 300 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 20 }),
      (actions, fast, reqq) => {
        const pieceCount = 10
        const lengthOf = (piece: number) => (piece === 9 ? 5000 : 3 * 16_384)
        const queue = new FetchQueue({
          pieces: Bitfield.full(pieceCount),
          pieceLength: lengthOf,
          has: () => true,
          fast,
          reqq,
        })
        const asked: BlockRequest[] = []
        const completed: number[] = []
        let choked = true
        let at = 0
        const take = (block: BlockRequest) => {
          const result = queue.received(block, at)
          if (result.type === 'accepted' && result.pieceComplete) completed.push(block.piece)
        }
        const ask = () => {
          const requests = queue.nextRequests(at)
          if (choked) expect(requests).toEqual([])
          expect(queue.outstanding).toBeLessThanOrEqual(reqq)
          asked.push(...requests)
        }
        for (const step of actions) {
          at += 10
          if (step.type === 'answer' && asked.length > 0)
            take(asked.splice(step.which % asked.length, 1)[0] as BlockRequest)
          if (step.type === 'reject' && asked.length > 0)
            queue.rejected(asked.splice(step.which % asked.length, 1)[0] as BlockRequest)
          if (step.type === 'junk') take(step)
          if (step.type === 'wait') {
            at += 40_000
            queue.expire(at)
          }
          if (step.type === 'choke') queue.choked()
          if (step.type === 'unchoke') queue.unchoked()
          if (step.type === 'choke' || step.type === 'unchoke') choked = step.type === 'choke'
          ask()
          expect(queue.outstanding).toBeGreaterThanOrEqual(0)
        }
        // from here on the peer is honest; what it forgot is asked again
        choked = false
        queue.unchoked()
        for (let turn = 0; !queue.isDone && turn < 1000; turn++) {
          at += 1
          if (asked.length === 0) queue.giveUpAll()
          ask()
          for (const request of asked.splice(0)) take(request)
        }
        expect(queue.isDone).toBe(true)
        const ended = [...completed, ...queue.refused].sort((a, b) => a - b)
        expect(ended).toEqual(Array.from({ length: pieceCount }, (_, piece) => piece))
      },
    ),
  )
})
