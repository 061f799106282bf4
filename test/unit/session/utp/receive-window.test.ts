import { expect, test } from 'vitest'
import { UtpReceiveMemory, UtpReceiveWindow } from '../../../../src/session/utp/receive-window.ts'

test('connections of one socket share the memory for packets that cannot be handed on yet', () => {
  const memory = new UtpReceiveMemory(3000)
  const [greedy, honest] = [0, 0].map((number) => new UtpReceiveWindow(number, 1_000_000, memory))
  if (greedy === undefined || honest === undefined) throw new Error('two windows were made')
  const packet = new Uint8Array(1000)
  const kept = [2, 3, 4, 5].map((number) => greedy.receive(number, packet, false))
  expect(kept).toStrictEqual(['out-of-order', 'out-of-order', 'out-of-order', 'refused'])
  // what can be handed on at once needs no room
  expect(honest.receive(1, packet, false)).toBe('in-order')
  honest.takeReady()
  expect(honest.receive(3, packet, false)).toBe('refused')
  greedy.clear()
  expect(memory.room).toBe(3000)
  expect(honest.receive(3, packet, false)).toBe('out-of-order')
})
