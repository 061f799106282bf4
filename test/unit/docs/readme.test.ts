import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ERROR_CODES, PeerError } from '../../../src/base/errors.ts'
import { COMMAND_NAMES } from '../../../src/cli/commands/table.ts'
import { runPeerwire } from '../../support/processes/cli.ts'

/** The first page, and the index of the others, against what they speak of. */

const ROOT = new URL('../../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8')
const readme = read('README.md')

/** The cells of each row of the table with this heading, without the heading. */
function rowsOf(heading: string): readonly (readonly string[])[] {
  const [, table = ''] =
    new RegExp(`^\\| ${heading} .*\\n\\|[ |-]*\\n((?:\\|.*\\n)*)`, 'm').exec(readme) ?? []
  return table
    .trim()
    .split('\n')
    .map((row) => row.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()))
}

const codeOf = (cell = ''): string => /`([^`]*)`/.exec(cell)?.[1] ?? ''

test('every command has a row', () => {
  expect(rowsOf('command').map(([name]) => codeOf(name))).toStrictEqual(
    expect.arrayContaining([...COMMAND_NAMES]),
  )
})

describe('what you see', () => {
  const seen = rowsOf('you see').map(([cell]) => codeOf(cell))
  const summaries = Object.values(ERROR_CODES).map(({ summary }) => summary)
  const sentences = Array.from(read('docs/verdicts.md').matchAll(/^- `(.*)`$/gm), ([, sentence = '']) =>
    sentence.replace(/: [A-Z]+$/, ''),
  )

  test.each(seen)('%s is what a report says', (text) => {
    expect([...summaries, ...sentences]).toContain(text)
  })

  test('has some rows', () => {
    expect(seen.length).toBeGreaterThan(7)
  })
})

/** The command lines of the blocks and of the table. */
function commandLines(): readonly string[] {
  const blocks = Array.from(readme.matchAll(/^```(?:sh|console)\n([^]*?)^```$/gm), ([, text = '']) => text)
  const lines = blocks.flatMap((text) =>
    text.split('\n').map((line) => /^(?:\$ |.* \* +)?(peerwire .*)$/.exec(line)?.[1]),
  )
  const cells = rowsOf('you see').map(([, , cell]) => codeOf(cell))
  return [...lines, ...cells].filter((line) => line?.startsWith('peerwire ') === true) as readonly string[]
}

/** The words of a line, up to a pipe. */
function wordsOf(line: string): readonly string[] {
  const [command = ''] = line.split(' | ')
  return Array.from(command.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, word]) => quoted ?? word ?? '')
    .slice(1)
    .map((word) => (word === 'PEER' ? '192.0.2.7:6881' : word))
}

describe('command lines', () => {
  const stopped = (): Promise<never> => Promise.reject(new PeerError('E_INTERRUPTED', 'stopped'))
  const useCases = Object.fromEntries(COMMAND_NAMES.map((name) => [name, stopped]))

  test.each(commandLines())('%s is not a usage error', async (line) => {
    const { exitCode, stderr } = await runPeerwire(wordsOf(line), { useCases })
    expect([exitCode === 2, stderr]).toStrictEqual([false, expect.any(String)])
  })

  test('there are some for each reader', () => {
    const used = new Set(commandLines().map((line) => wordsOf(line)[0]))
    expect([...used]).toStrictEqual(
      expect.arrayContaining(['connect', 'why', 'reach', 'fetch', 'serve', 'decode', 'explain']),
    )
  })

  test('a flag that no command has is seen', async () => {
    const { exitCode } = await runPeerwire(wordsOf('peerwire reach PEER --nonsense'), { useCases })
    expect(exitCode).toBe(2)
  })
})

test('the code is an example of the library guide', () => {
  expect(readme).toContain(`\`\`\`ts\n${read('docs/examples/report-peer.ts')}\`\`\`\n`)
})

describe('docs/README.md', () => {
  const pages = readdirSync(new URL('docs/', ROOT)).filter(
    (file) => file.endsWith('.md') && file !== 'README.md',
  )
  const listed = Array.from(
    read('docs/README.md').matchAll(/^- \[(.*\.md)\]\(.*\): ./gm),
    ([, page = '']) => page,
  )

  test('has one line for each page', () => {
    expect(listed.toSorted()).toStrictEqual(pages.toSorted())
  })
})
