import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ERROR_CODES } from '../../../src/base/errors.ts'
import { CAUSES } from '../../../src/diagnose/cause/causes.ts'
import { FINDINGS } from '../../../src/diagnose/findings.ts'
import { EXIT_CODES } from '../../../src/report/exit-code.ts'
import { longName } from '../../../src/cli/command/flag.ts'
import { COMMAND_NAMES, COMMANDS } from '../../../src/cli/commands/table.ts'
import { runPeerwire } from '../../support/processes/cli.ts'
import { commandsPage } from '../../support/docs/commands-page.ts'
import {
  causesPage,
  decisionsPage,
  decisionThemes,
  errorsPage,
  exitCodesPage,
  faultPhases,
  faultsPage,
  findingsPage,
  IDENTITY_PARTS,
  identityPage,
  verdictsPage,
  verdictThemes,
} from '../../support/docs/docs-pages.ts'
import { HOSTILE_ROWS } from '../../support/hostile/rows.ts'

const DOCS = new URL('../../../docs/', import.meta.url)
const read = (file: string): string => readFileSync(new URL(file, DOCS), 'utf8')
const headings = (text: string): readonly string[] =>
  Array.from(text.matchAll(/^## (.+)$/gm), ([, heading = '']) => heading)

const PAGES = [
  { file: 'exit-codes.md', page: exitCodesPage(), entries: Object.keys(EXIT_CODES) },
  { file: 'errors.md', page: errorsPage(), entries: Object.keys(ERROR_CODES) },
  { file: 'causes.md', page: causesPage(), entries: Object.keys(CAUSES) },
  { file: 'decisions.md', page: decisionsPage(), entries: decisionThemes() },
  { file: 'findings.md', page: findingsPage(), entries: Object.keys(FINDINGS) },
  { file: 'faults.md', page: faultsPage(), entries: faultPhases() },
  { file: 'identity.md', page: identityPage(), entries: [...IDENTITY_PARTS] },
  { file: 'verdicts.md', page: verdictsPage(), entries: verdictThemes() },
]

describe.each(PAGES)('$file', ({ file, page, entries }) => {
  test('is what the tables say (npm run docs writes it)', async () => {
    await expect(page).toMatchFileSnapshot(new URL(file, DOCS).pathname)
  })

  test('has a heading for each', () => {
    expect(headings(page)).toStrictEqual(entries)
  })
})

describe('commands.md', () => {
  test('is what the rows of the commands say (npm run docs writes it)', async () => {
    await expect(await commandsPage()).toMatchFileSnapshot(new URL('commands.md', DOCS).pathname)
  })

  test('has a part for every command', async () => {
    expect(headings(await commandsPage())).toStrictEqual(expect.arrayContaining([...COMMAND_NAMES]))
  })
})

describe('flags', () => {
  // a page may speak of the flags of other programs, and of those that commands had once
  const PAGES = [
    'commands.md',
    'sessions.md',
    'fetching.md',
    'serving.md',
    'output.md',
    'guide.md',
    'causes.md',
    'reach.md',
    'scanning.md',
    'decoding.md',
    'shells.md',
  ]

  test.each(PAGES)('%s names no flag that no command has', async (page) => {
    const rows = await Promise.all(COMMAND_NAMES.map((name) => COMMANDS[name].load()))
    const flags = new Set(
      rows.flatMap(({ command }) =>
        Object.entries(command.flags).flatMap(([key, flag]) => [
          longName(key, flag),
          ...(flag.negation === undefined ? [] : [longName(key, { negated: true })]),
        ]),
      ),
    )
    flags.add('--help').add('--version')
    const named = read(page).match(/(?<![\w-])--[a-z][\w-]*/g) ?? []
    expect(named.filter((flag) => !flags.has(flag))).toStrictEqual([])
  })
})

describe('testing.md', () => {
  const page = read('testing.md')

  test('names tests that are there', () => {
    const names = Array.from(page.matchAll(/`([\w/-]+\.test\.ts)`/g), ([, name = '']) => name)
    const roots = ['../../../', '../hostile/']
    const missing = names.filter(
      (name) => !roots.some((root) => existsSync(new URL(root + name, import.meta.url))),
    )
    expect(missing).toStrictEqual([])
    expect(names.length).toBeGreaterThan(20)
  })

  test('has a line for the number of every hostile row', () => {
    const listed = new Set<number>()
    for (const [, line = ''] of page.matchAll(/^\| (H\d[^|]*)\|/gm)) {
      const text = line.replace(/H(\d+) to H(\d+)/g, (_, first: string, last: string) =>
        Array.from({ length: Number(last) - Number(first) + 1 }, (__, i) => `H${Number(first) + i}`).join(),
      )
      for (const [, number] of text.matchAll(/H(\d+)/g)) listed.add(Number(number))
    }
    const carried = HOSTILE_ROWS.flatMap(({ name }) =>
      Array.from(name.matchAll(/\bH(\d+)/g), ([, n]) => Number(n)),
    )
    expect(carried.filter((number) => !listed.has(number))).toStrictEqual([])
    expect([...listed].sort((a, b) => a - b)).toStrictEqual(Array.from({ length: 39 }, (_, i) => i + 1))
  })
})

describe('explain', () => {
  test.each([
    ...Object.keys(ERROR_CODES),
    ...Object.keys(FINDINGS),
    ...Object.keys(EXIT_CODES),
    ...[
      'have-all',
      '20',
      'fast',
      'bit-20',
      '0000000000100005',
      '-TR3000-',
      '-qB-',
      '2d4c54323038302d6162636465666768696a6b6c',
    ],
  ])('knows %s', async (code) => {
    const { exitCode, stdout } = await runPeerwire(['explain', code, '--json'])
    expect(exitCode).toBe(0)
    expect((JSON.parse(stdout) as { topics: unknown[] }).topics.length).toBeGreaterThan(0)
  })

  test.each([
    ['4', ['exit-code 4', 'message have']],
    ['have', ['message have']],
    ['HAVE-ALL', ['message have-all']],
    ['bit-20', ['reserved-bit extension-protocol']],
    ['bit-19', ['reserved-bit merkle']],
    ['bit-63', ['reserved-bit azureus-messaging']],
    ['bit-62', ['reserved-bit bitcomet-extension']],
    ['bit-40', ['reserved-bit bit-40']],
    ['0000000000100005', ['reserved-bit extension-protocol', 'reserved-bit dht', 'reserved-bit fast']],
    ['-TR3000-', ['peer-id -TR3000-000000000000']],
    ['-BD0300-', ['peer-id -BD0300-000000000000']],
    ['TB100---', ['peer-id TB100---000000000000']],
  ])('%s is %s', async (code, topics) => {
    const { stdout } = await runPeerwire(['explain', code, '--json'])
    const found = JSON.parse(stdout) as { topics: { kind: string; id: string }[] }
    expect(found.topics.map(({ kind, id }) => `${kind} ${id}`)).toStrictEqual(topics)
  })

  test('without a code everything is listed, in 80 columns', async () => {
    const { stdout } = await runPeerwire(['explain'])
    for (const entry of [...Object.keys(ERROR_CODES), ...Object.keys(FINDINGS)])
      expect(stdout).toContain(entry)
    expect(stdout.split('\n').filter((line) => line.length > 80)).toStrictEqual([])
  })
})
