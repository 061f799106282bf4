import { expect, test } from 'vitest'
import { FLOOD_BURST, FLOOD_RATE } from '../../../../src/base/limits.ts'
import { FloodMeter } from '../../../../src/session/upload/flood-meter.ts'

test('a burst is forgiven, and one message more is a flood', () => {
  expect(new FloodMeter().add(0, FLOOD_BURST)).toBe(false)
  const meter = new FloodMeter()
  for (let i = 0; i < FLOOD_BURST; i++) expect(meter.add(0, 1)).toBe(false)
  expect(meter.add(0, 1)).toBe(true)
})

test('what comes at the rate is never a flood; what comes faster is, in the end', () => {
  const steady = new FloodMeter()
  const fast = new FloodMeter()
  let isFlood = false
  for (let second = 0; second < 2 * FLOOD_BURST; second++) {
    expect(steady.add(1000 * second, FLOOD_RATE)).toBe(false)
    isFlood ||= fast.add(1000 * second, FLOOD_RATE + 1)
  }
  expect(isFlood).toBe(true)
})

test('a second is as good as ten tenths, and silence earns no more than the burst', () => {
  const meter = new FloodMeter(10, 10)
  expect(meter.add(0, 10)).toBe(false)
  for (let tenth = 1; tenth <= 10; tenth++) expect(meter.add(100 * tenth, 1)).toBe(false)
  expect(meter.add(1000, 1)).toBe(true)
  expect(meter.add(3_600_000, 10)).toBe(false)
  expect(meter.add(3_600_000, 1)).toBe(true)
})
