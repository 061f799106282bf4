import { expect, test } from 'vitest'
import { DissectorMemory } from '../../../../src/session/observe/dissector-memory.ts'

const KIB = 1024

test('the stream that waits longest gives way, and what it held is used again', () => {
  const memory = new DissectorMemory(100 * KIB)
  const given: string[] = []
  const holder = (name: string) => {
    const bytes = memory.allocate(60 * KIB)
    const one = {
      bytes,
      giveUp: () => {
        given.push(name)
        memory.recycle(bytes)
      },
    }
    memory.hold(one, bytes.length)
    return one
  }
  const first = holder('first')
  const second = holder('second')
  expect(given).toStrictEqual(['first'])
  const third = holder('third')
  expect(given).toStrictEqual(['first', 'second'])
  expect(third.bytes).toBe(first.bytes)
  // too long for it
  expect(memory.allocate(20 * KIB)).not.toBe(second.bytes)
  expect(memory.allocate(40 * KIB)).toBe(second.bytes)
})

test('what waits to be used again is bounded', () => {
  const memory = new DissectorMemory()
  const arrays = Array.from({ length: 100 }, (): Uint8Array => new Uint8Array(100 * KIB))
  for (const bytes of arrays) memory.recycle(bytes)
  const again = arrays.map(({ length }) => memory.allocate(length))
  expect(again.filter((bytes) => arrays.includes(bytes))).toHaveLength(40)
})
