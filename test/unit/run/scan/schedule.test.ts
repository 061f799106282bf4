import { expect, test } from 'vitest'
import { Schedule } from '../../../../src/run/scan/schedule.ts'

const item = (name: string, ...places: readonly string[]) => ({
  name,
  places: places.length === 0 ? [name] : places,
})

function scheduleOf(
  limits: { readonly concurrency?: number; readonly rate?: number },
  ...names: readonly string[]
) {
  const { concurrency = 10, rate } = limits
  const schedule = new Schedule<ReturnType<typeof item>>({ concurrency, rate })
  for (const name of names) schedule.add(item(name))
  return schedule
}

/** What may start at a time, in order. */
function startAll(schedule: ReturnType<typeof scheduleOf>, now: number): readonly string[] {
  const started: string[] = []
  for (let next = schedule.take(now); next !== undefined; next = schedule.take(now)) started.push(next.name)
  return started
}

test('no more than the concurrency at once', () => {
  const schedule = scheduleOf({ concurrency: 2 }, 'a', 'b', 'c')
  const first = schedule.take(0)
  expect(startAll(schedule, 0)).toStrictEqual(['b'])
  expect(schedule.wakeAt(0)).toBeUndefined()
  if (first !== undefined) schedule.release(first, 1, 0)
  expect(startAll(schedule, 1)).toStrictEqual(['c'])
  expect(schedule.waiting).toBe(0)
})

test('never two at one place, and those behind pass', () => {
  const schedule = scheduleOf({})
  const both = item('both', 'x', 'y')
  for (const one of [item('first', 'x'), both, item('other', 'z')]) schedule.add(one)
  const first = schedule.take(0)
  expect(startAll(schedule, 0)).toStrictEqual(['other'])
  if (first !== undefined) schedule.release(first, 5, 0)
  expect(startAll(schedule, 5)).toStrictEqual(['both'])
})

test('a place rests before the next connection, and the schedule says until when', () => {
  const schedule = scheduleOf({})
  const [one, two] = [item('one', 'x'), item('two', 'x')]
  schedule.add(one)
  schedule.add(two)
  expect(startAll(schedule, 0)).toStrictEqual(['one'])
  schedule.release(one, 100, 1000)
  expect(startAll(schedule, 100)).toStrictEqual([])
  expect(schedule.wakeAt(100)).toBe(1100)
  expect(startAll(schedule, 1099)).toStrictEqual([])
  expect(startAll(schedule, 1100)).toStrictEqual(['two'])
})

test('the rate counts every connection, further ones of an item as well', () => {
  const schedule = scheduleOf({ rate: 10 }, 'a', 'b', 'c')
  expect(startAll(schedule, 0)).toStrictEqual(['a'])
  expect(schedule.wakeAt(0)).toBe(100)
  expect(startAll(schedule, 100)).toStrictEqual(['b'])
  schedule.countConnection(150)
  schedule.countConnection(150)
  expect(schedule.wakeAt(200)).toBe(400)
  expect(startAll(schedule, 399)).toStrictEqual([])
  expect(startAll(schedule, 400)).toStrictEqual(['c'])
})

test('an item for which no socket was left runs again first, with fewer at once', () => {
  const schedule = scheduleOf({ concurrency: 4 }, 'a', 'b', 'c', 'd', 'e')
  const [a, b] = [schedule.take(0), schedule.take(0)]
  expect(startAll(schedule, 0)).toStrictEqual(['c', 'd'])
  expect(b !== undefined && schedule.retry(b, 0)).toBe(true)
  expect(schedule.concurrency).toBe(2)
  expect(startAll(schedule, 0)).toStrictEqual([])
  for (const one of [a, item('c'), item('d')]) if (one !== undefined) schedule.release(one, 0, 0)
  expect(startAll(schedule, 0)).toStrictEqual(['b', 'e'])
})

test('an item that runs alone is not tried again: another time would be the same', () => {
  const schedule = scheduleOf({}, 'a')
  const a = schedule.take(0)
  expect(a !== undefined && schedule.retry(a, 0)).toBe(false)
})
