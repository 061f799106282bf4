import { expect, test } from 'vitest'
import { concat } from '../../../src/base/bytes.ts'
import { SideFile } from '../../../src/cli/side-file.ts'
import { memoryFile } from '../../support/memory-file.ts'

const CONTENT = { name: 'capture', unit: 'packets', limit: 100 }

test('what a slow disk cannot take is left out and counted, and what comes later is written', async () => {
  const output = memoryFile()
  const file = new SideFile('c.pcapng', output, CONTENT)
  file.add(new Uint8Array(60).fill(1))
  file.add(new Uint8Array(41).fill(2))
  file.add(new Uint8Array(40).fill(3))
  file.add(new Uint8Array(1).fill(4))
  const error = await file.finish()
  expect(error).toMatchObject({
    code: 'E_FILE_WRITE',
    message: 'cannot write c.pcapng: 2 packets came faster than it takes them',
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
