import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { fromByteString } from '../../../../src/base/bytes.ts'
import { decodeInfo, type Metainfo } from '../../../../src/wire/torrent/metainfo.ts'

/** Collects garbage, also where Node was started without --expose-gc. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}

function usedBytes(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

const FILES = 20_000
const DEPTH = 30

function v1Torrent(): Uint8Array {
  const folders = '1:a'.repeat(DEPTH)
  const file = `d6:lengthi16e4:pathl${folders}1:fee`
  const pieces = '\0'.repeat(20 * Math.ceil((FILES * 16) / 16_384))
  return fromByteString(
    `d5:filesl${file.repeat(FILES)}e4:name1:n12:piece lengthi16384e6:pieces${pieces.length}:${pieces}e`,
  )
}

/** Each file in folders of its own. */
function v2Torrent(): Uint8Array {
  const root = '1'.repeat(32)
  const leaf = `d0:d6:lengthi16e11:pieces root32:${root}ee`
  const inFolders = `${'d1:a'.repeat(DEPTH)}${leaf}${'e'.repeat(DEPTH)}`
  const tree = Array.from({ length: FILES }, (_, i) => `5:${10_000 + i}${inFolders}`).join('')
  return fromByteString(`d9:file treed${tree}e12:meta versioni2e4:name1:n12:piece lengthi16384ee`)
}

test.each([
  ['v1', v1Torrent()],
  ['v2', v2Torrent()],
])('the memory for the files of %s is in proportion to the torrent, however deep they are', (_, info) => {
  const before = usedBytes()
  const metainfo: Metainfo = decodeInfo(info)
  const used = usedBytes() - before
  expect(metainfo.files).toHaveLength(FILES)
  expect(metainfo.files.at(-1)?.path.length).toBeGreaterThan(DEPTH)
  expect(used).toBeLessThan(12 * info.length)
})
