import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CryptoMethod } from '../../src/wire/mse/keys.ts'
import { converse, initiator, responder } from '../support/mse/mse-pair.ts'

const padLength = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 512 }) },
  fc.constantFrom(0, 1, 511, 512),
)
const pads = fc.tuple(padLength, padLength)
const payload = fc.uint8Array({ maxLength: 68 })
const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 8 })
const order = fc.constantFrom<readonly CryptoMethod[]>(
  ['plaintext'],
  ['rc4'],
  ['rc4', 'plaintext'],
  ['plaintext', 'rc4'],
)

test('a thousand pairs agree, whatever the pads of both, the methods and the chunks', () => {
  fc.assert(
    fc.property(pads, pads, payload, order, sizes, (ours, theirs, initialPayload, allow, cuts) => {
      const { a, b } = converse(initiator({ initialPayload }, ours), responder({ allow }, theirs), cuts)
      expect(a.established?.encryption).toBe(allow[0] === 'rc4' ? 'rc4' : 'mse-plaintext')
      expect(b.established?.encryption).toBe(a.established?.encryption)
      expect(b.established?.bytes).toStrictEqual(initialPayload)
      const text = initialPayload.slice()
      const wire = a.established?.stream.encrypt(initialPayload) ?? new Uint8Array()
      expect(initialPayload).toStrictEqual(text)
      expect(b.established?.stream.decrypt(Uint8Array.from(wire))).toStrictEqual(text)
    }),
    { numRuns: 1000 },
  )
})

test('how the bytes are cut changes neither what is sent nor what is reported', () => {
  fc.assert(
    fc.property(pads, pads, payload, sizes, (ours, theirs, initialPayload, cuts) => {
      const run = (chunks: readonly number[]) => {
        const { a, b } = converse(initiator({ initialPayload }, ours), responder({}, theirs), chunks)
        // the ciphers of a stream are not data
        return [a, b].map(({ sent, events }) => ({
          sent,
          events: events.map((event) => ({ ...event, stream: 0 })),
        }))
      }
      const whole = run([65_536])
      expect(run(cuts)).toStrictEqual(whole)
      expect(run([1])).toStrictEqual(whole)
    }),
  )
})

test('no bytes of a peer make a side throw, or hold more than a step needs', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 }), (chunks) => {
      for (const machine of [initiator(), responder()]) {
        machine.step({ type: 'connected', at: 0 })
        let failed = false
        let received = 0
        for (const bytes of chunks) {
          received += bytes.length
          failed ||= machine
            .step({ type: 'bytes', bytes, at: 0 })
            .events.some(({ type }) => type === 'failed')
        }
        if (received >= 628) expect(failed).toBe(true)
      }
    }),
  )
})
