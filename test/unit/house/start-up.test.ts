import { readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { COMMAND_NAMES } from '../../../src/cli/commands/table.ts'

const src = fileURLToPath(new URL('../../../src/', import.meta.url))

/** Imports that load a file at once; `import()` and imports of types alone do not. */
const STATIC = /^(?:import|export)\s+(?!type\b)(?:[^'"]*?\sfrom\s+)?'(\.[^']+)'/gm

/** Every file that is loaded with this one. */
function loadedWith(entry: string): ReadonlySet<string> {
  const seen = new Set<string>()
  const waiting = [entry]
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    for (const [, imported = ''] of readFileSync(`${src}${file}`, 'utf8').matchAll(STATIC)) {
      waiting.push(posix.join(posix.dirname(file), imported))
    }
  }
  return seen
}

const ENTRIES = ['cli/main.ts', ...COMMAND_NAMES.map((name) => `cli/commands/${name}.ts`)]

// the help and a wrong command line load the row of a command, and should not wait for what runs it
test.each(ENTRIES)('%s loads no network code, no session and no use case before it runs', (entry) => {
  const loaded = [...loadedWith(entry)]
  const heavy = loaded.filter(
    (file) => /^(?:net|session|diagnose|run)\//.test(file) && file !== 'run/defaults.ts',
  )
  expect(heavy).toStrictEqual([])
  expect(loaded.length).toBeGreaterThan(10)
})
