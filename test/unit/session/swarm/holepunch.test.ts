import { expect, test } from 'vitest'
import { HolepunchState } from '../../../../src/session/swarm/holepunch.ts'

test('introduced, dialled, connected', () => {
  const state = new HolepunchState()
  expect([state.phase, state.wakeAt]).toStrictEqual(['idle', undefined])
  expect([state.start(1000), state.start(1000)]).toStrictEqual([true, false])
  expect([state.phase, state.wakeAt]).toStrictEqual(['rendezvous', 31_000])
  expect([state.receivedConnect(), state.receivedConnect()]).toStrictEqual([true, false])
  expect([state.phase, state.wakeAt]).toStrictEqual(['connecting', 31_000])
  state.connected(1200)
  expect([state.phase, state.wakeAt, state.expire(99_000)]).toStrictEqual(['connected', undefined, false])
  expect(state.canStart(99_000)).toBe(false)
})

test('messages that answer nothing change nothing', () => {
  const state = new HolepunchState()
  expect(state.receivedConnect()).toBe(false)
  expect(state.receivedError('no-support', 0)).toBe(false)
  expect(state.phase).toBe('idle')
  state.start(0)
  state.receivedConnect()
  expect(state.receivedError('no-support', 1)).toBe(false)
  expect(state.phase).toBe('connecting')
})

test.each(['no-such-peer', 'not-connected', 'no-support', 'no-self', 'unknown'] as const)(
  'after %s the next attempt waits 5 seconds',
  (failure) => {
    const state = new HolepunchState()
    state.start(0)
    expect(state.receivedError(failure, 100)).toBe(true)
    expect([state.phase, state.failure, state.wakeAt]).toStrictEqual(['failed', failure, 5100])
    expect([state.start(5099), state.start(5100)]).toStrictEqual([false, true])
    expect([state.phase, state.failure]).toStrictEqual(['rendezvous', undefined])
  },
)

test.each([false, true])('an attempt ends after 30 seconds, introduced: %s', (introduced) => {
  const state = new HolepunchState()
  state.start(0)
  if (introduced) state.receivedConnect()
  expect([state.expire(29_999), state.expire(30_000), state.expire(30_001)]).toStrictEqual([
    false,
    true,
    false,
  ])
  expect([state.phase, state.failure, state.wakeAt]).toStrictEqual(['failed', 'timeout', 35_000])
})
