import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { unexportedTypes } from '../support/docs/declarations.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'peerwire-declarations-'))
  const tsc = createRequire(import.meta.url)
    .resolve('typescript/package.json')
    .replace(/package\.json$/, 'bin/tsc')
  const options = ['-p', root, '--emitDeclarationOnly', '--outDir', folder]
  const { status, stdout } = spawnSync(process.execPath, [tsc, ...options], { encoding: 'utf8' })
  expect(stdout).toBe('')
  expect(status).toBe(0)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each([
  ['index.ts', []],
  ['wire/index.ts', []],
  ['diagnose/index.ts', ['wire/index.ts']],
  ['session/index.ts', ['wire/index.ts', 'diagnose/index.ts']],
  ['report/index.ts', ['wire/index.ts', 'diagnose/index.ts']],
])('every type that a signature of %s names is exported from it or from %j', (entry, others) => {
  expect(unexportedTypes(folder, entry, others)).toStrictEqual([])
})

test('a type that is not exported is found', () => {
  expect(unexportedTypes(folder, 'wire/message/batch.ts')).not.toStrictEqual([])
})
