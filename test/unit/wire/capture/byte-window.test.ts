import { expect, test } from 'vitest'
import { ByteWindow } from '../../../../src/wire/capture/byte-window.ts'

test('what is left of a chunk survives its memory being reused, and joins the next', () => {
  const window = new ByteWindow()
  const chunk = Uint8Array.of(1, 2, 3)
  window.push(chunk)
  expect(window.peek(4)).toBeUndefined()
  window.drop(1)
  window.keep()
  chunk.fill(0)
  window.push(Uint8Array.of(4, 5))
  window.keep()
  expect(window.offset).toBe(1)
  expect(window.peek(4)).toStrictEqual(Uint8Array.of(2, 3, 4, 5))
})

test('a record that comes byte by byte is not copied for each byte', () => {
  const window = new ByteWindow()
  const buffers = new Set<ArrayBufferLike>()
  for (let i = 0; i < 10_000; i++) {
    window.push(Uint8Array.of(i))
    window.keep()
    buffers.add((window.peek(1) as Uint8Array).buffer)
  }
  expect(window.length).toBe(10_000)
  expect(window.peek(10_000)?.every((byte, i) => byte === (i & 0xff))).toBe(true)
  expect(buffers.size).toBeLessThan(20)
})

test('records that are longer than chunks do not take new memory for each', () => {
  const window = new ByteWindow()
  const buffers = new Set<ArrayBufferLike>()
  const chunk = new Uint8Array(64)
  for (let i = 0; i < 1000; i++) {
    window.push(chunk)
    if (window.length >= 100) window.drop(100)
    window.keep()
    buffers.add((window.peek(0) as Uint8Array).buffer)
  }
  expect(window.memory).toBeLessThan(1000)
  expect(buffers.size).toBeLessThan(6)
})
