import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/** What `npm run test:fast` runs must not wait for a build, or for a client. */

const TESTS = fileURLToPath(new URL('../../', import.meta.url))
const FAST = ['unit', 'property', 'golden', 'compliance']

test('fast tests start neither the installed command nor a real client', () => {
  const files = FAST.flatMap((folder) =>
    readdirSync(`${TESTS}${folder}`, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => `${folder}/${file}`),
  )
  const slow = files.filter((file) =>
    /from '[./]+(?:support\/cli-process|peers\/peer|peers\/describe-\w+)\.ts'/.test(
      readFileSync(`${TESTS}${file}`, 'utf8'),
    ),
  )
  expect(slow).toStrictEqual([])
  expect(files.length).toBeGreaterThan(100)
})
