import { expect, test } from 'vitest'
import { ReusedMemory } from '../../../../src/net/files/reused-memory.ts'

const MIB = 1024 * 1024

test('memory is used again once it is released, and by one borrower at a time', () => {
  const pool = new ReusedMemory()
  const first = pool.borrow(100_000)
  expect(first.bytes).toHaveLength(100_000)
  expect(pool.borrow(100_000).bytes.buffer).not.toBe(first.bytes.buffer)
  first.release()
  first.release()
  const again = pool.borrow(130_000)
  expect(again.bytes.buffer).toBe(first.bytes.buffer)
  expect(again.bytes).toHaveLength(130_000)
  expect(pool.borrow(100_000).bytes.buffer).not.toBe(first.bytes.buffer)
  // the next borrower has it now
  first.release()
  expect(pool.borrow(100_000).bytes.buffer).not.toBe(first.bytes.buffer)
})

test('a short read does not get the memory of a long one', () => {
  const pool = new ReusedMemory()
  pool.borrow(MIB).release()
  for (const length of [0, 1, 16_384, 500_000])
    expect(pool.borrow(length).bytes.buffer.byteLength).toBe(length > 16_384 ? MIB / 2 : 16_384)
})

test('4 MiB wait for their next use, and no more', () => {
  const pool = new ReusedMemory()
  const borrow = () => Array.from({ length: 6 }, () => pool.borrow(MIB))
  const before = borrow()
  for (const { release } of before) release()
  const buffers = new Set(before.map(({ bytes }) => bytes.buffer))
  expect(borrow().filter(({ bytes }) => buffers.has(bytes.buffer))).toHaveLength(4)
})
