import { describe, expect, test } from 'vitest'
import { type Flag, GROUPS, inGroups, longName, shownDefault } from '../../../src/cli/command/flag.ts'
import { usageLine } from '../../../src/cli/command/usage.ts'
import type { Completion } from '../../../src/cli/command/value-type.ts'
import { COMMANDS } from '../../../src/cli/commands/table.ts'
import { FAULTS } from '../../../src/run/serve/options.ts'
import { runPeerwire } from '../../support/processes/cli.ts'

const ROWS = await Promise.all(
  Object.entries(COMMANDS).map(async ([name, { summary, load }]) => ({
    name,
    summary,
    row: (await load()).command,
  })),
)

const FLAGS = ROWS.flatMap(({ name, row }) =>
  Object.entries(row.flags).map(([key, flag]) => ({ command: name, long: longName(key, flag), flag })),
)

async function completionsOf(completion: Completion): Promise<readonly string[]> {
  if (typeof completion === 'function') return completion()
  return typeof completion === 'string' ? [] : completion
}

describe.each(ROWS)('the row of $name', ({ name, summary, row }) => {
  test('is about the document of that name', () => {
    expect(row.document.properties?.['schema']?.const).toBe(`peerwire.${name}/1`)
  })

  test('has names that no other of its flags has', () => {
    const names = Object.entries(row.flags).flatMap(([key, flag]) => [longName(key, flag), flag.short ?? []])
    expect(new Set(names.flat()).size).toBe(names.flat().length)
  })

  test('fills the help: groups in order, flags, usage, examples of this command', async () => {
    const { stdout } = await runPeerwire([name, '--help'])
    const headings = Array.from(stdout.matchAll(/^([A-Z][^:\n]+):$/gm), ([, heading = '']) => heading)
    const groups = new Set(inGroups(row.flags).map(([, { group }]) => GROUPS[group]))
    expect(headings).toStrictEqual([
      ...(row.words === undefined ? [] : ['Arguments']),
      ...groups,
      'Examples',
      'Exit codes',
    ])
    expect(stdout.startsWith(`Usage: peerwire ${name} ${usageLine(row)}\n`)).toBe(true)
    expect(stdout.endsWith('explains an exit code, or any word of a report.\n')).toBe(true)
    const shown = Array.from(stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm), ([, flag = '']) => flag)
    const flags = inGroups(row.flags).flatMap(([key, flag]) => [
      longName(key, flag),
      ...(flag.negation === undefined ? [] : [longName(key, { negated: true })]),
    ])
    expect(shown).toStrictEqual([...flags, '--help'])
    for (const example of row.examples) {
      const line = typeof example === 'string' ? example : example[0]
      expect(line.split(' ')[0]).toBe(name)
    }
    expect((await runPeerwire(['--help'])).stdout).toContain(`  ${name.padEnd(13)}${summary}\n`)
  })

  test.each([40, 60, 120])(
    'folds its help at %i columns, and continues its examples as a shell does',
    async (width) => {
      const { stdout } = await runPeerwire([name, '--help'], { variables: { COLUMNS: String(width) } })
      const tooLong = stdout.split('\n').filter((line) => line.length > width)
      // words that cannot be broken
      expect(tooLong.filter((line) => !/^ +(?:[->]\S* )?(?:\S+|'.*')(?: \\)?$/.test(line))).toStrictEqual([])
      const joined = stdout.replaceAll(/ \\\n +/g, ' ')
      for (const example of row.examples)
        expect(joined).toContain(`\n  peerwire ${typeof example === 'string' ? example : example[0]}`)
      expect(stdout.replaceAll(/\s+/g, ' ')).toContain(row.description.slice(0, 60))
    },
  )

  test('names only flags of its own as what takes the place of a required one', () => {
    const unless = Object.values(row.flags).flatMap(({ required }) => required?.unless ?? [])
    expect(unless.filter((key) => !(key in row.flags))).toStrictEqual([])
  })
})

describe.each(FLAGS)('$command $long', ({ long, flag }: { long: string; flag: Flag<unknown> }) => {
  test('is described in a clause', () => {
    expect(flag.description).toMatch(/^(?![A-Z][a-z]).*[^.]$/)
    expect(flag.details ?? 'Whole sentences.').toMatch(/^[^a-z].*\.$/)
  })

  test('shows its default as it can be typed', () => {
    const shown = shownDefault(flag)
    if (shown !== undefined) expect(flag.type?.parse(shown, long)).toStrictEqual(flag.default)
  })

  test('takes what it completes', async () => {
    const { type } = flag
    if (type === undefined) return
    for (const word of await completionsOf(type.completion)) type.parse(word, long)
  })
})

test('words and faults complete to all that there are', async () => {
  const fault = FLAGS.find(({ long }) => long === '--fault')
  expect(await completionsOf(fault?.flag.type?.completion ?? [])).toStrictEqual([
    'help',
    ...FAULTS.map(({ name }) => name),
  ])
  const codes = await completionsOf((await COMMANDS.explain.load()).command.words?.completion ?? [])
  expect(codes).toContain('E_HANDSHAKE_CLOSED')
  expect(codes.length).toBeGreaterThan(100)
})
