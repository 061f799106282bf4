import { describe, expect, test } from 'vitest'
import { FileLayout } from '../../../../src/wire/torrent/file-layout.ts'
import {
  CASELESS_POSIX_NAMES,
  type NameRules,
  PORTABLE_NAMES,
  POSIX_NAMES,
} from '../../../../src/wire/torrent/name-rules.ts'
import { makeV1Torrent } from '../../../support/torrents/made-torrent.ts'

function placesOf(paths: readonly string[], rules: NameRules, name = 'n'): readonly string[] {
  const files = paths.map((path) => ({ path: path.split('|'), length: 1 }))
  return new FileLayout(makeV1Torrent({ name, files }).metainfo, rules).files.map(({ path }) => path)
}

describe('two files never have one place', () => {
  test.each<[string, NameRules, readonly string[], readonly string[]]>([
    ['one name twice', POSIX_NAMES, ['a.txt', 'a.txt', 'a.txt'], ['n/a.txt', 'n/a.1.txt', 'n/a.2.txt']],
    ['a number that is taken', POSIX_NAMES, ['a', 'a.1', 'a'], ['n/a', 'n/a.1', 'n/a.2']],
    ['a number that comes later', POSIX_NAMES, ['a', 'a', 'a.1'], ['n/a', 'n/a.1', 'n/a.1.1']],
    ['a folder of another file', POSIX_NAMES, ['a', 'a|b'], ['n/a.1', 'n/a/b']],
    ['a folder with the number', POSIX_NAMES, ['a', 'a', 'a.1|b'], ['n/a', 'n/a.2', 'n/a.1/b']],
    ['names that are cleaned', POSIX_NAMES, ['..|a', 'a', '|a'], ['n/a', 'n/a.1', 'n/a.2']],
    ['nothing but the folder', POSIX_NAMES, ['..', 'a'], ['n.1', 'n/a']],
    ['case, where it counts', POSIX_NAMES, ['a', 'A'], ['n/a', 'n/A']],
    ['case, where it does not', CASELESS_POSIX_NAMES, ['a:', 'A:'], ['n/a:', 'n/A:.1']],
    ['case on Windows', PORTABLE_NAMES, ['a', 'A'], ['n/a', 'n/A.1']],
    ['normalisation', CASELESS_POSIX_NAMES, ['\u00e9', 'e\u0301'], ['n/\u00e9', 'n/e\u0301.1']],
  ])('%s', (_, rules, paths, places) => {
    expect(placesOf(paths, rules)).toEqual(places)
  })

  test('a hundred thousand files of one name', () => {
    const places = placesOf(Array<string>(100_000).fill('x'), POSIX_NAMES)
    expect(new Set(places).size).toBe(100_000)
    expect(places.at(-1)).toBe('n/x.99999')
  })
})

test('a name of which nothing is left adds no folder', () => {
  expect(placesOf(['a', 'b|c'], POSIX_NAMES, '..')).toEqual(['a', 'b/c'])
})

test('a pad file has no place, and its bytes are in no file', () => {
  const files = [
    { path: ['a'], length: 10 },
    { path: ['.pad', '6'], length: 6, pad: true },
    { path: ['b'], length: 4 },
  ]
  const layout = new FileLayout(makeV1Torrent({ name: 'n', files }).metainfo)
  expect(layout.files.map(({ path, offset }) => [path, offset])).toStrictEqual([
    ['n/a', 0],
    ['n/b', 16],
  ])
  expect(layout.partsOf(8, 10)).toMatchObject([
    { file: { path: 'n/a' }, at: 8, from: 0, length: 2 },
    { file: { path: 'n/b' }, at: 0, from: 8, length: 2 },
  ])
})
