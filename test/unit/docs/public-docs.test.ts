import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** A name that an entry point hands on, and the file that declares it. */
interface Export {
  readonly name: string
  readonly file: URL
}

const ENTRY_POINTS = ['', 'wire/', 'session/', 'diagnose/', 'report/'].map(
  (room) => new URL(`../../../src/${room}index.ts`, import.meta.url),
)
const LIST = /export (?:type )?\{([^}]*)\} from '([^']+)'/g
const ALL_TYPES = /export type \* from '([^']+)'/g
const DECLARED = /^export (?:interface|type) (\w+)/gm

function exportsOf(entryPoint: URL): readonly Export[] {
  const source = readFileSync(entryPoint, 'utf8')
  const all = Array.from(source.matchAll(ALL_TYPES), ([, from = '']) => new URL(from, entryPoint))
  return [...namedExports(source, entryPoint), ...all.flatMap(typesOf)]
}

function typesOf(file: URL): readonly Export[] {
  return Array.from(readFileSync(file, 'utf8').matchAll(DECLARED), ([, name = '']) => ({ name, file }))
}

function namedExports(source: string, entryPoint: URL): readonly Export[] {
  return Array.from(source.matchAll(LIST)).flatMap(([, names = '', from = '']) =>
    names
      .split(',')
      .map((name) => /^(?:type )?(\w+)/.exec(name.trim())?.[1])
      .filter((name) => name !== undefined)
      .map((name) => ({ name, file: new URL(from, entryPoint) })),
  )
}

/** Whether the declaration stands right below the end of a comment. */
function hasDocumentation(source: string, name: string): boolean {
  const declaration = `export (?:async )?(?:function\\*?|const|class|interface|type) ${name}\\b`
  return new RegExp(`\\*/\\n${declaration}`).test(source)
}

test('whatever the library exports says what it means', () => {
  const exported = ENTRY_POINTS.flatMap(exportsOf)
  const silent = exported.filter(({ name, file }) => !hasDocumentation(readFileSync(file, 'utf8'), name))
  expect(
    silent.map(({ name, file }) => `${name} in ${file.pathname.replace(/.*\/src\//, '')}`),
  ).toStrictEqual([])
  expect(exported.length).toBeGreaterThan(200)
})

test.each([
  ['/** Bytes. */\nexport const LENGTH = 1', true],
  ['export const LENGTH = 1', false],
  ['/** Of something else. */\nconst OTHER = 2\nexport const LENGTH = 1', false],
  ['/** Of something longer. */\nexport const LENGTHS = 1', false],
])('%j: %s', (source, expected) => {
  expect(hasDocumentation(source, 'LENGTH')).toBe(expected)
})
