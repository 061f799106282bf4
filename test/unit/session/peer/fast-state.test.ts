import { expect, test } from 'vitest'
import { MAX_FAST_PIECES } from '../../../../src/base/limits.ts'
import { FastExtensionState } from '../../../../src/session/peer/fast-state.ts'

test('allowed-fast pieces may be requested in spite of a choke, each way by itself', () => {
  const fast = new FastExtensionState(1313)
  expect(fast.receivedAllowedFast(1059)).toBe('added')
  expect(fast.receivedAllowedFast(1059)).toBe('repeated')
  expect(fast.sentAllowedFast(7)).toBe('added')
  expect([fast.canRequestWhileChoked(1059), fast.canRequestWhileChoked(7)]).toStrictEqual([true, false])
  expect([fast.canServeWhileChoking(1059), fast.canServeWhileChoking(7)]).toStrictEqual([false, true])
  expect([fast.withdrawAllowedFast(7), fast.withdrawAllowedFast(7)]).toStrictEqual([true, false])
  expect(fast.canServeWhileChoking(7)).toBe(false)
})

test('the order of arrival is kept', () => {
  const fast = new FastExtensionState(1313)
  for (const piece of [1059, 431, 808]) fast.receivedAllowedFast(piece)
  for (const piece of [9, 3]) fast.receivedSuggest(piece)
  expect(fast.allowedByPeer).toStrictEqual([1059, 431, 808])
  expect(fast.suggested).toStrictEqual([9, 3])
  expect(fast.allowedByUs).toStrictEqual([])
})

test.each(['bitfield', 'have-all', 'have-none'] as const)('%s counts once', (message) => {
  const fast = new FastExtensionState(5)
  expect(fast.availability).toBeUndefined()
  expect([fast.receivedAvailability(message), fast.receivedAvailability('have-none')]).toStrictEqual([
    true,
    false,
  ])
  expect(fast.availability).toBe(message)
})

test.each([
  { piece: 9, result: 'added' },
  { piece: 10, result: 'out-of-range' },
  { piece: 2 ** 32 - 1, result: 'out-of-range' },
])('piece $piece of 10: $result', ({ piece, result }) => {
  const fast = new FastExtensionState(10)
  expect(fast.receivedAllowedFast(piece)).toBe(result)
  expect(fast.receivedSuggest(piece)).toBe(result)
})

test('no more is remembered than the limit', () => {
  const fast = new FastExtensionState()
  for (let piece = 0; piece < MAX_FAST_PIECES; piece++) {
    expect(fast.receivedAllowedFast(piece)).toBe('added')
    expect(fast.receivedSuggest(piece)).toBe('added')
  }
  expect(fast.receivedAllowedFast(MAX_FAST_PIECES)).toBe('ignored')
  expect(fast.receivedSuggest(MAX_FAST_PIECES)).toBe('ignored')
  expect(fast.receivedAllowedFast(0)).toBe('repeated')
  expect(fast.allowedByPeer).toHaveLength(MAX_FAST_PIECES)
})

test('indexes that came before the metadata are checked after it', () => {
  const fast = new FastExtensionState()
  for (const piece of [4, 12, 2 ** 32 - 1]) fast.receivedAllowedFast(piece)
  for (const piece of [12, 10, 9]) fast.receivedSuggest(piece)
  expect(fast.setPieceCount(10)).toStrictEqual([10, 12, 2 ** 32 - 1])
  expect(fast.allowedByPeer).toStrictEqual([4])
  expect(fast.suggested).toStrictEqual([9])
  expect(fast.receivedSuggest(10)).toBe('out-of-range')
})
