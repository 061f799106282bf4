import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PeerError } from '../../../../src/base/errors.ts'
import { readFileChunks } from '../../../../src/net/files/input-file.ts'
import { makeNamedPipe } from '../../../support/processes/named-pipe.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peerwire-input-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const hint = 'use another'

test('the wait for a pipe ends with the reason of the signal', async () => {
  const path = join(folder, 'slow')
  makeNamedPipe(path)
  const opened = open(path, 'w')
  const stop = new AbortController()
  const reason = new PeerError('E_INTERRUPTED', 'stopped by SIGINT')
  const chunks = readFileChunks(path, { hint, signal: stop.signal })
  const first = chunks.next()
  const pipe = await opened
  await pipe.write(Uint8Array.of(1, 2, 3))
  expect((await first).value).toStrictEqual(Uint8Array.of(1, 2, 3))
  const second = chunks.next()
  const failed = expect(second).rejects.toBe(reason)
  stop.abort(reason)
  await failed
  await pipe.close()
})

test('a pipe without a writer is an error, and not empty', async () => {
  const path = join(folder, 'lonely')
  makeNamedPipe(path)
  const chunks = readFileChunks(path, { hint, signal: new AbortController().signal })
  await expect(chunks.next()).rejects.toMatchObject({
    code: 'E_FILE_READ',
    message: expect.stringContaining('it is a pipe without a writer'),
  })
})
