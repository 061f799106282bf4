import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { posix } from 'node:path'
import { describe, expect, test } from 'vitest'

/** Which rooms each room may import from; its own files are always allowed. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  wire: ['base'],
  trace: ['base', 'wire'],
  session: ['base', 'wire', 'trace'],
  diagnose: ['base', 'wire', 'trace'],
  net: ['base', 'wire', 'trace', 'session'],
  report: ['base', 'wire', 'trace', 'diagnose'],
  run: ['base', 'wire', 'trace', 'session', 'diagnose', 'net', 'report'],
  library: ['base', 'wire', 'trace', 'session', 'diagnose', 'net', 'report', 'run'],
  cli: ['base', 'wire', 'trace', 'report', 'run', 'net', 'library'],
}

/** No clock, no socket, no file: these also run where there is no Node. */
const PURE: ReadonlySet<string> = new Set(['base', 'wire', 'trace', 'session', 'diagnose', 'report'])

/** What an import line is refused for, or undefined. `file` is relative to src. */
function defectOf(file: string, imported: string): string | undefined {
  const room = roomOf(file)
  if (imported.startsWith('node:')) return PURE.has(room) ? 'a pure room imports from Node' : undefined
  if (imported === 'bencode')
    return file === 'wire/bencode.ts' ? undefined : 'bencode has one user, wire/bencode.ts'
  if (!imported.startsWith('.')) return undefined
  if (!imported.endsWith('.ts')) return 'an import of a file carries its ending'
  const target = roomOf(posix.join(posix.dirname(file), imported))
  // src/index.ts, the library, re-exports from everywhere
  if (room === '' || target === room || ROOMS[room]?.includes(target) === true) return undefined
  return `${room} may not import from ${target === '' ? 'outside the rooms' : target}`
}

/** Names that reach for a clock, for chance or for the machine; pure rooms are given these as arguments. */
const WORLD =
  /\b(?:Date|performance|process|globalThis|setTimeout|setInterval|setImmediate|queueMicrotask|console|crypto|Math\.random)\b(?=[.(])|\bfetch\b(?=\()/g

/** A file without its comments and strings, which may speak of what code may not do. */
function codeOf(source: string): string {
  return source
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(?<!:)\/\/.*$/gm, '')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''")
}

/** What a pure file takes from the world by itself. Methods of that name, as `.fetch(`, are not the global. */
function worldIn(source: string): readonly string[] {
  return Array.from(codeOf(source).matchAll(WORLD))
    .filter(({ input, index }) => input[index - 1] !== '.' && input[index - 1] !== '#')
    .map(([name]) => name)
}

/** The first folder below src, '' for a file in src itself or outside it. */
function roomOf(file: string): string {
  const [first = ''] = file.split('/')
  return first in ROOMS ? first : ''
}

const src = fileURLToPath(new URL('../../../src/', import.meta.url))
const IMPORT = /\bfrom\s+'([^']+)'|\bimport\s*\(\s*'([^']+)'|^import\s+'([^']+)'/gm

/** Every source file, relative to src, with its text. */
function sources(): readonly (readonly [file: string, text: string])[] {
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => [file, readFileSync(`${src}${file}`, 'utf8')])
}

test('every import of src goes the way the arrows go', () => {
  let count = 0
  const defects: string[] = []
  for (const [file, text] of sources()) {
    for (const found of text.matchAll(IMPORT)) {
      const imported = found[1] ?? found[2] ?? found[3] ?? ''
      const defect = defectOf(file, imported)
      if (defect !== undefined) defects.push(`${file} imports ${imported}: ${defect}`)
      count++
    }
  }
  expect(defects).toStrictEqual([])
  expect(count).toBeGreaterThan(100)
})

test('no pure room has a clock, chance or the machine within reach', () => {
  const pure = sources().filter(([file]) => PURE.has(roomOf(file)))
  expect(pure.flatMap(([file, text]) => worldIn(text).map((name) => `${file}: ${name}`))).toStrictEqual([])
  expect(pure.length).toBeGreaterThan(100)
})

test.each([
  ['const at = Date.now()', ['Date']],
  ['const at = new Date()', ['Date']],
  ['draw(Math.random())', ['Math.random']],
  ["if (process.env['CI']) setTimeout(again, 1)", ['process', 'setTimeout']],
  ['crypto.getRandomValues(bytes) // as Math.random()', ['crypto']],
  ["const text = 'Date.now()' /* performance.now() */", []],
  ['progress.process(bytes)', []],
  ['await this.#fetch(bytes)', []],
  ['const at = input.at', []],
])('%s takes %j from the world', (source, names) => {
  expect(worldIn(source)).toStrictEqual(names)
})

describe('a wrong import is seen', () => {
  test.each([
    { file: 'base/bytes.ts', imported: '../wire/message/message.ts' },
    { file: 'wire/extension/pex.ts', imported: '../../session/upload/choking.ts' },
    { file: 'wire/mse/rc4.ts', imported: 'node:crypto' },
    { file: 'session/upload/choking.ts', imported: '../../net/transport.ts' },
    { file: 'diagnose/rule.ts', imported: '../session/upload/choking.ts' },
    { file: 'net/tcp/tcp.ts', imported: '../../report/model/connect.ts' },
    { file: 'run/connect.ts', imported: '../cli/options.ts' },
    { file: 'run/connect.ts', imported: '../library/options.ts' },
    { file: 'library/serve.ts', imported: '../cli/options.ts' },
    { file: 'wire/torrent/magnet.ts', imported: '../../index.ts' },
    { file: 'wire/extension/handshake.ts', imported: 'bencode' },
    { file: 'wire/torrent/magnet.ts', imported: './info-hash' },
  ])('$file: $imported', ({ file, imported }) => {
    expect(defectOf(file, imported)).toBeDefined()
  })

  test.each([
    { file: 'wire/extension/pex.ts', imported: '../../base/bytes.ts' },
    { file: 'wire/extension/pex.ts', imported: '../address.ts' },
    { file: 'net/tcp/tcp.ts', imported: 'node:net' },
    { file: 'index.ts', imported: './wire/index.ts' },
    { file: 'wire/bencode.ts', imported: 'bencode' },
  ])('$file: $imported is right', ({ file, imported }) => {
    expect(defectOf(file, imported)).toBeUndefined()
  })
})

test('the package bencode only encodes: what a peer or a file says is read by our own scanner', () => {
  const used = sources().flatMap(([file, text]) =>
    Array.from(codeOf(text).matchAll(/\bbencode\.(\w+)/g), ([, method]) => `${file}: ${method}`),
  )
  expect(new Set(used)).toStrictEqual(new Set(['wire/bencode.ts: encode']))
})
