import { describe, expect, test } from 'vitest'
import { concat, fromHex } from '../../../../src/base/bytes.ts'
import { MAX_RESYNC_FRAME } from '../../../../src/base/limits.ts'
import { findBoundary } from '../../../../src/session/observe/message-boundary.ts'
import { encodeMessage, type Message } from '../../../../src/wire/message/message.ts'

const wire = (...messages: readonly Message[]) => concat(messages.map((message) => encodeMessage(message)))
const have = wire({ type: 'have', piece: 7 })
const request = wire({ type: 'request', piece: 1, begin: 0, length: 16_384 })
const unchoke = wire({ type: 'unchoke' })
const block = wire({ type: 'piece', piece: 1, begin: 0, block: new Uint8Array(16_384) })
const shortBlock = wire({ type: 'piece', piece: 1, begin: 0, block: new Uint8Array(100) })

test.each<readonly [string, readonly Uint8Array[], number]>([
  ['two messages', [have, unchoke], 0],
  ['two messages after data', [fromHex('0102030405060708'), have, request], 8],
  [
    'a block of the usual length, of which only the head is here',
    [new Uint8Array(30), block.subarray(0, 13)],
    30,
  ],
  ['a short block and what is after it', [fromHex('ff'), shortBlock, have], 1],
  ['messages after keep-alives', [new Uint8Array(12), request, request], 12],
])('%s', (_, parts, found) => {
  expect(findBoundary(concat(parts)).found).toBe(found)
})

describe('more bytes are needed', () => {
  test.each<readonly [string, readonly Uint8Array[], number]>([
    ['for the message after the first', [fromHex('0909'), have], 2],
    ['for a head that is cut', [fromHex('090909'), have.subarray(0, 4)], 3],
    ['for anything', [], 0],
    ['for all of a short block', [shortBlock.subarray(0, 50)], 0],
  ])('%s', (_, parts, searched) => {
    expect(findBoundary(concat(parts))).toStrictEqual({ found: undefined, searched })
  })
})

test.each<readonly [string, Uint8Array]>([
  ['zeros', new Uint8Array(1000)],
  ['a length that does not fit its id', concat([fromHex('0000000204000000000000'), new Uint8Array(20)])],
  ['an id that no BEP defines', concat([fromHex('0000000163'), new Uint8Array(20)])],
  [
    'a message too long to wait for the one after it',
    concat([fromHex('0002000114'), new Uint8Array(MAX_RESYNC_FRAME)]),
  ],
])('%s are not a message', (_, bytes) => {
  expect(findBoundary(bytes).found).toBeUndefined()
  expect(findBoundary(bytes).searched).toBeGreaterThan(bytes.length - 5)
})
