import { EventEmitter, once } from 'node:events'
import { expect, test, vi } from 'vitest'
import { concat } from '../../../../src/base/bytes.ts'
import { SideFile } from '../../../../src/cli/files/side-file.ts'
import { memoryFile } from '../../../support/captures/memory-file.ts'

const CONTENT = { name: 'capture', unit: 'packets', limit: 100 }

test('what a slow disk cannot take is left out and counted, and what comes later is written', async () => {
  const output = memoryFile()
  const file = new SideFile('c.pcapng', output, CONTENT)
  file.add(new Uint8Array(60).fill(1))
  file.add(new Uint8Array(41).fill(2), 7)
  file.add(new Uint8Array(40).fill(3))
  file.add(new Uint8Array(1).fill(4))
  const error = await file.finish()
  expect(error).toMatchObject({
    code: 'E_FILE_WRITE',
    message: 'cannot write c.pcapng: 8 packets came faster than it takes them',
    hint: 'write the capture to a faster place',
  })
  expect(Uint8Array.from(concat(output.written))).toStrictEqual(
    Uint8Array.from({ length: 100 }, (_, i) => (i < 60 ? 1 : 3)),
  )
  expect(output.state).toBe('named')
})

test('bytes that are being written count too', async () => {
  const output = memoryFile()
  const file = new SideFile('c.pcapng', output, { ...CONTENT, limit: 100_000 })
  // enough to begin to write
  file.add(new Uint8Array(70_000))
  file.add(new Uint8Array(30_001))
  expect((await file.finish())?.message).toContain('1 packets')
  expect(concat(output.written)).toHaveLength(70_000)
})

test('what comes after the end is ignored', async () => {
  const output = memoryFile()
  const file = new SideFile('c.pcapng', output, CONTENT)
  file.add(Uint8Array.of(1))
  const finished = file.finish()
  file.add(Uint8Array.of(2))
  expect(await finished).toBeUndefined()
  expect(await file.finish()).toBeUndefined()
  expect(concat(output.written)).toHaveLength(1)
})

test('what is added is written without more of it, and at the same time as one write', async () => {
  const writes: Uint8Array[] = []
  const written = new EventEmitter()
  const isWritten = once(written, 'write')
  const output = {
    ...memoryFile(),
    write: (bytes: Uint8Array) => {
      writes.push(Uint8Array.from(bytes))
      written.emit('write')
      return Promise.resolve()
    },
  }
  const file = new SideFile('c.pcapng', output, CONTENT)
  file.add(Uint8Array.of(1))
  file.add(Uint8Array.of(2))
  await isWritten
  expect(writes).toStrictEqual([Uint8Array.of(1, 2)])
  expect(await file.finish()).toBeUndefined()
  expect(writes).toHaveLength(1)
})

test('a reader that takes nothing is waited for, for a while', async () => {
  const written = new EventEmitter()
  const isWritten = once(written, 'write')
  const output = {
    ...memoryFile(),
    write: (_: Uint8Array, signal?: AbortSignal) =>
      new Promise<void>((_resolve, reject) => {
        written.emit('write')
        signal?.addEventListener('abort', () => reject(signal.reason as Error))
      }),
  }
  const file = new SideFile('c.pcapng', output, CONTENT)
  file.add(Uint8Array.of(1))
  await isWritten
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  const finished = file.finish()
  vi.advanceTimersByTime(10_000)
  vi.useRealTimers()
  expect((await finished)?.message).toBe('cannot write c.pcapng: what reads it takes nothing')
})

test('what came during a write is one write, however many pieces it is: the next turn may bring as much', async () => {
  const output = memoryFile()
  const file = new SideFile('c.pcapng', output, { ...CONTENT, limit: Infinity })
  for (let i = 0; i < 32; i++) file.add(new Uint8Array(70_000).fill(i))
  expect(await file.finish()).toBeUndefined()
  expect(output.written.map(({ length }) => length)).toStrictEqual([32 * 70_000])
})
