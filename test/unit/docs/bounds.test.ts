import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as limits from '../../../src/base/limits.ts'

/** docs/bounds.md against the sources and the tests that it names. */

const ROOT = new URL('../../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8')
const page = read('docs/bounds.md')

interface Row {
  readonly what: string
  readonly bound: string
  readonly test: string
}

const ROWS: readonly Row[] = Array.from(
  page.matchAll(/^\| (?!what |-)(.*?) +\| .*? \| (.*?) +\| (.*?) +\|$/gm),
  ([, what = '', bound = '', name = '']) => ({ what, bound, test: name }),
)

/** Sizes that a protocol gives, and defaults: nothing grows up to them. */
const NO_BOUNDS = [
  'BLOCK_LENGTH',
  'METADATA_PIECE_LENGTH',
  'DEFAULT_REQQ',
  'ALLOWED_FAST_COUNT',
  'PEX_PEERS_PER_MESSAGE',
  'RECOMMENDED_HASH_REQUEST_LENGTH',
  'KEPT_BYTES_OVERHEAD',
]

const constants = (text: string): readonly string[] =>
  Array.from(text.matchAll(/`([A-Z][A-Z0-9]*_[A-Z0-9_]+)`/g), ([, name = '']) => name)

test('every row has a bound and a test that is there', () => {
  const missing = ROWS.filter(({ test: name }) => {
    const [, path] = /^`(test\/[\w/.-]+\.test\.ts)`$/.exec(name) ?? []
    return path === undefined || !existsSync(new URL(path, ROOT))
  })
  expect(missing).toStrictEqual([])
  expect(ROWS.filter(({ bound }) => bound === '')).toStrictEqual([])
  expect(ROWS.length).toBeGreaterThan(50)
})

test('every constant that a row names is in the sources', () => {
  const files = readdirSync(new URL('src/', ROOT), { recursive: true, encoding: 'utf8' })
  const sources = files.filter((file) => file.endsWith('.ts')).map((file) => read(`src/${file}`))
  const names = new Set(ROWS.flatMap(({ bound }) => constants(bound)))
  const unknown = [...names].filter((name) => !sources.some((text) => new RegExp(`\\b${name}\\b`).test(text)))
  expect(unknown).toStrictEqual([])
})

test('every limit has a row', () => {
  const named = new Set([...constants(page), ...NO_BOUNDS])
  expect(Object.keys(limits).filter((name) => !named.has(name))).toStrictEqual([])
})
