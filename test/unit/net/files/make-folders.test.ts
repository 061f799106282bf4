import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeFolders } from '../../../../src/net/files/make-folders.ts'

let base = ''
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'peerwire-folders-'))
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

test('makes what is missing, and takes what is there', () => {
  makeFolders(join(base, 'a/b/c'))
  makeFolders(join(base, 'a/b/c'))
  makeFolders(join(base, 'a/../a/b/d/'))
  symlinkSync(join(base, 'a'), join(base, 'link'))
  makeFolders(join(base, 'link/e'))
  expect(readdirSync(join(base, 'a'), { recursive: true, encoding: 'utf8' }).sort()).toEqual([
    'b',
    'b/c',
    'b/d',
    'e',
  ])
})

const missing = (path: string) => join(base, path)

test.each([
  ['a file', () => (writeFileSync(missing('f'), ''), missing('f')), 'E_FILE_EXISTS', 'not a folder'],
  ['a file above', () => (writeFileSync(missing('f'), ''), missing('f/x/y')), 'E_FILE_WRITE', 'is a file'],
  [
    'a broken link',
    () => (symlinkSync('/nowhere/at/all', missing('l')), missing('l')),
    'E_FILE_EXISTS',
    'a broken link',
  ],
  [
    'a link to itself',
    () => (symlinkSync('loop', missing('loop')), missing('loop/x')),
    'E_FILE_WRITE',
    'too many symbolic links',
  ],
  ['a name that is too long', () => missing('x'.repeat(300)), 'E_FILE_WRITE', 'is too long'],
  ['a NUL', () => missing('a\0b'), 'E_FILE_WRITE', 'without null bytes'],
])('%s', (_, prepare, code, reason) => {
  mkdirSync(join(base, 'other'))
  expect(() => makeFolders(prepare())).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(reason) as string }) as Error,
  )
})

test.runIf(process.platform === 'linux')('a folder that takes no folders, such as /proc', () => {
  expect(() => makeFolders('/proc/nope/x')).toThrow(
    expect.objectContaining({
      code: 'E_FILE_WRITE',
      message: 'cannot create the folder /proc/nope: /proc does not allow new folders',
    }) as Error,
  )
})
