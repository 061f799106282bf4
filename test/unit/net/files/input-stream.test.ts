import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { readInputStream } from '../../../../src/net/files/input-file.ts'

const CHUNK = new Uint8Array(1000)
const hint = 'try a file'

test('a stream without end is read up to a length, and no further', async () => {
  let given = 0
  const endless = new Readable({
    highWaterMark: CHUNK.length,
    read() {
      given += CHUNK.length
      this.push(CHUNK)
    },
  })
  const { signal } = new AbortController()
  const bytes = await readInputStream(endless, { maxLength: 100_500, signal, hint })
  expect(bytes).toHaveLength(100_500)
  // and what the stream itself holds ready
  expect(given).toBeLessThanOrEqual(100_500 + 3 * CHUNK.length)
  expect(endless.destroyed).toBe(true)
})

test('a stream that says nothing is waited for until the signal', async () => {
  const silent = new Readable({ read: () => undefined })
  const stop = new AbortController()
  const read = readInputStream(silent, { maxLength: 10, signal: stop.signal, hint })
  setImmediate(() => stop.abort(new Error('enough')))
  await expect(read).rejects.toThrow('enough')
})

test('a stream that breaks is an error of the input, with its reason', async () => {
  const broken = new Readable({
    read() {
      this.destroy(new Error('no more'))
    },
  })
  const { signal } = new AbortController()
  await expect(readInputStream(broken, { maxLength: 10, signal, hint })).rejects.toMatchObject({
    code: 'E_FILE_READ',
    message: expect.stringContaining('standard input') as string,
    hint,
  })
})
