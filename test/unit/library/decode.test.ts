import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { decode } from '../../../src/index.ts'
import { capturedSessions } from '../../support/captures/captured-session.ts'
import { SERVED } from '../../support/peers/library-serving.ts'

const folder = mkdtempSync(join(tmpdir(), 'peerwire-decode-'))
const path = join(folder, 'capture.pcapng')
const captured = capturedSessions(undefined, SERVED.metainfo.infoHashes.v1)
writeFileSync(path, captured)

afterAll(() => rmSync(folder, { recursive: true }))

async function* chunks(): AsyncGenerator<Uint8Array> {
  for (const bytes of [captured.subarray(0, 100), captured.subarray(100)]) yield await Promise.resolve(bytes)
}

test.each([
  ['a path', path],
  ['a file URL', pathToFileURL(path)],
  ['bytes', captured],
  ['chunks', chunks()],
])('a capture as %s', async (_, input) => {
  const report = await decode(input, { connection: 1, torrent: SERVED.torrentBytes })
  expect(report).toMatchObject({
    ok: true,
    connection: 1,
    report: { torrent: { pieceCount: SERVED.metainfo.pieceCount } },
  })
})

test('a file that is not there is in the report, and two torrents are an error of the caller', async () => {
  expect(await decode(join(folder, 'missing'))).toMatchObject({ exitCode: 9, error: { code: 'E_FILE_READ' } })
  const twice = { torrent: SERVED.torrentBytes, infoHash: 'aa'.repeat(20) }
  await expect(decode(path, twice)).rejects.toMatchObject({ code: 'E_USAGE' })
  await expect(decode(path, { connection: 0 })).rejects.toMatchObject({ code: 'E_USAGE' })
})
