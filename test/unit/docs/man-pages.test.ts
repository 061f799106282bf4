import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { manPages } from '../../support/docs/man-pages.ts'

const FOLDER = fileURLToPath(new URL('../../../docs/man/', import.meta.url))
const PAGES = await manPages()
const isMissing = spawnSync('man', ['--version']).error !== undefined

describe.each([...PAGES])('%s', (file, text) => {
  test('is what the rows of the commands say (npm run docs writes it)', async () => {
    await expect(text).toMatchFileSnapshot(`${FOLDER}${file}`)
  })

  test.skipIf(isMissing)(isMissing ? 'man is not installed' : 'is rendered by man without a warning', () => {
    const { status, stdout, stderr } = spawnSync('man', ['--warnings', '-l', `${FOLDER}${file}`], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C.UTF-8', MANWIDTH: '80', MANPAGER: 'cat', PAGER: 'cat' },
    })
    expect([status, stderr]).toStrictEqual([0, ''])
    expect(stdout).toContain('EXIT STATUS')
  })
})

test('the package has each page, and no other', () => {
  const { man, files } = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  ) as { readonly man: readonly string[]; readonly files: readonly string[] }
  const pages = [...PAGES.keys()].sort()
  expect([...man].sort()).toStrictEqual(pages.map((file) => `docs/man/${file}`))
  expect(readdirSync(FOLDER).sort()).toStrictEqual(pages)
  expect(files).toContain('docs')
})
