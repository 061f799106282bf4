import { PLAIN_PAPER } from '../../../../src/report/text/page/paper.ts'
import { statSync, unlinkSync } from 'node:fs'
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { renderFetchText } from '../../../../src/report/text/fetch.ts'
import { type FetchFolder, makeFetchFolder } from '../../../support/torrents/fetch-folder.ts'
import { makeV1Torrent } from '../../../support/torrents/made-torrent.ts'

let folder: FetchFolder
beforeEach(async () => {
  folder = await makeFetchFolder()
})
afterEach(() => folder.remove())

describe('several files', () => {
  const files = [
    { path: ['a', 'first'], length: 40_000 },
    { path: ['.pad', '25536'], length: 25_536, pad: true },
    { path: ['a', 'empty'], length: 0 },
    { path: ['second'], length: 100_000 },
    { path: ['third'], length: 1 },
  ]
  const many = makeV1Torrent({ files, name: 'many' })

  test('stand in their places, pad files nowhere, and no byte of a pad file is asked for', async () => {
    const { report, seeder } = await folder.fetchFrom(many, {})
    expect(report.fetch).toMatchObject({ complete: true, bytes: 140_001 })
    expect((await readdir(folder.path, { recursive: true })).sort()).toEqual([
      'many',
      'many/a',
      'many/a/empty',
      'many/a/first',
      'many/second',
      'many/third',
    ])
    expect(Buffer.compare(await folder.read('many/a/first'), many.content.subarray(0, 40_000))).toBe(0)
    expect(Buffer.compare(await folder.read('many/second'), many.content.subarray(65_536, 165_536))).toBe(0)
    expect(Buffer.compare(await folder.read('many/third'), many.content.subarray(165_536))).toBe(0)
    for (const { piece, begin, length } of seeder.requests) {
      const start = piece * 32_768 + begin
      expect(start + length <= 40_000 || start >= 65_536).toBe(true)
    }
  })

  test.each<[string, string, readonly string[], readonly string[]]>([
    [
      'that lead out',
      '..',
      ['..|..|etc|passwd', '/etc/passwd', 'a|..|..|b'],
      ['%2Fetc%2Fpasswd', 'a/b', 'etc/passwd'],
    ],
    [
      'with what deceives',
      'x\u001b[2J',
      ['\u202efdp.exe', 'a\nb'],
      ['x%1B[2J/%E2%80%AEfdp.exe', 'x%1B[2J/a%0Ab'],
    ],
    ['that are no names', '', ['', '.', '..'], ['_', '_.1', '_.2']],
    ['that are one', 'n', ['a', 'a', 'a|a'], ['n/a.1', 'n/a.2', 'n/a/a']],
    [
      'that the system allows',
      'Show: the "Movie"?',
      ['a*b|c?', 'CON', 'end. ', '<|>'],
      [
        'Show: the "Movie"?/</>',
        'Show: the "Movie"?/CON',
        'Show: the "Movie"?/a*b/c?',
        'Show: the "Movie"?/end. ',
      ],
    ],
  ])('names %s', async (_, name, paths, places) => {
    const named = makeV1Torrent({
      name,
      files: paths.map((path) => ({ path: path.split('|'), length: 20_000 })),
    })
    const { report } = await folder.fetchFrom(named, {})
    expect(report.fetch?.complete).toBe(true)
    expect(await filesIn(folder.path)).toEqual(places)
    const again = await folder.fetchFrom(named, {})
    expect(again.report.fetch).toMatchObject({ complete: true, fetched: 0 })
  })
})

/** Waits until a file has that length. */
async function untilWritten(path: string, length: number): Promise<string> {
  while (statSync(path, { throwIfNoEntry: false })?.size !== length) await setImmediate()
  return path
}

async function filesIn(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(path, join(entry.parentPath, entry.name)))
    .sort()
}

test('links of the torrent are reported and not created', async () => {
  const linked = makeV1Torrent({
    name: 'linked',
    files: [
      { path: ['a'], length: 20_000 },
      { path: ['to-a'], length: 0, linkTo: ['a'] },
      { path: ['sub', 'out'], length: 0, linkTo: ['..', '..', 'etc', '\u001bpasswd'] },
      { path: ['nowhere'], length: 0, linkTo: [] },
      { path: ['b'], length: 20_000 },
    ],
  })
  const { report } = await folder.fetchFrom(linked, {})
  expect(report.fetch).toMatchObject({
    complete: true,
    linkCount: 3,
    links: [
      { path: 'linked/to-a', target: 'a' },
      { path: 'linked/sub/out', target: '../../etc/%1Bpasswd' },
      { path: 'linked/nowhere', target: '' },
    ],
  })
  expect((await readdir(folder.path, { recursive: true })).sort()).toEqual(['linked', 'linked/a', 'linked/b'])
  const text = renderFetchText(report, { ...PLAIN_PAPER, verbose: false }).replace(/\s+/g, ' ')
  expect(text).toContain('linked/to-a: a link to a, not created')
  expect(text).toContain('linked/sub/out: a link to ../../etc/%1Bpasswd, not created')
  expect(text).toContain('linked/nowhere: a link without a target, not created')
})

test('a file that is removed while others come is not complete', async () => {
  const two = makeV1Torrent({
    pieceLength: 16_384,
    name: 'two',
    files: [
      { path: ['a'], length: 16_384 },
      { path: ['b'], length: 16_384 },
    ],
  })
  const { report } = await folder.fetchFrom(two, {
    onRequest: (request, { send, block }) => {
      if (request.piece === 0) send(block(request))
      else
        void untilWritten(join(folder.path, 'two/a'), 16_384).then((path) => {
          unlinkSync(path)
          send(block(request))
        })
    },
  })
  expect(report).toMatchObject({
    exitCode: 9,
    error: { code: 'E_FILE_WRITE' },
    fetch: { complete: false },
  })
})

describe('something in the way', () => {
  const many = makeV1Torrent({ name: 'many', files: [{ path: ['a', 'first'], length: 40_000 }] })

  test.each<[string, () => Promise<unknown>]>([
    ['a folder in place of the file', () => mkdir(join(folder.path, 'many/a/first'), { recursive: true })],
    ['a file in place of a folder', () => writeFile(join(folder.path, 'many'), 'mine')],
    [
      'a longer file',
      () =>
        mkdir(join(folder.path, 'many/a'), { recursive: true }).then(() =>
          writeFile(join(folder.path, 'many/a/first'), new Uint8Array(40_001)),
        ),
    ],
    [
      'a link in place of the file',
      () =>
        mkdir(join(folder.path, 'many/a'), { recursive: true }).then(() =>
          symlink(join(folder.path, 'outside'), join(folder.path, 'many/a/first')),
        ),
    ],
    [
      'a link in place of a folder',
      () =>
        mkdir(join(folder.path, 'many')).then(() =>
          symlink(join(folder.path, 'many'), join(folder.path, 'many/a')),
        ),
    ],
  ])('%s', async (_, prepare) => {
    await prepare()
    const before = (await readdir(folder.path, { recursive: true })).sort()
    await expect(folder.fetchFrom(many, {})).rejects.toMatchObject({ code: 'E_FILE_EXISTS' })
    expect((await readdir(folder.path, { recursive: true })).sort()).toEqual(before)
  })
})
