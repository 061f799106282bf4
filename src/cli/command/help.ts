import { EXIT_SUMMARIES } from '../../report/exit-code.ts'
import { definitionLines } from '../../report/text/page/definitions.ts'
import { type Layout, makeLayout } from '../../report/text/page/layout.ts'
import type { Paper } from '../../report/text/page/paper.ts'
import { type Flag, type Flags, GROUPS, inGroups, longName, shownDefault } from './flag.ts'
import type { CommandDefinition } from './row.ts'
import { exampleLines, usageLine } from './usage.ts'

/** What the overview says of a command. */
interface Summarized {
  readonly summary: string
}

/** `peerwire --help`: what it is for, the commands, and how to go on. */
export function renderOverview(commands: { readonly [name: string]: Summarized }, paper: Paper): string {
  const page = makeLayout(paper)
  const entries = Object.entries(commands).map(([name, { summary }]) => [name, summary] as const)
  return joined([
    ['Usage: peerwire <command> [options]'],
    page.fold(
      'Diagnoses one BitTorrent peer: who answers, what it claims, whether it serves what it claims, and, if it does not, why.',
      page.width,
    ),
    ['Commands:', ...definitionLines(entries, page)],
    [
      'Options:',
      ...definitionLines(
        [
          ['-V, --version', 'print the version'],
          ['-h, --help', 'print this help; after a command, its flags'],
        ],
        page,
      ),
    ],
    ['Examples:', ...exampleLines(OVERVIEW_EXAMPLES, page.width)],
    footer(page),
  ])
}

const OVERVIEW_EXAMPLES = [
  'demo',
  'connect 192.0.2.7:6881 -t debian.torrent',
  'why 192.0.2.7:6881 -t debian.torrent',
  'reach 203.0.113.7:51413',
  'explain 4',
]

/** The help of a command: what is required in the usage line, and the flags in groups, its own before those of all commands. */
export function renderHelp(name: string, definition: CommandDefinition, paper: Paper): string {
  const page = makeLayout(paper)
  const { description, words, flags, examples } = definition
  const [usage = '', ...more] = page.fold(`peerwire ${name} ${usageLine(definition)}`, page.width - 7)
  const groups = groupsOf(flags).map(([title, entries]) => [`${title}:`, ...definitionLines(entries, page)])
  return joined([
    [`Usage: ${usage}`, ...more.map((line) => `         ${line}`)],
    page.fold(description, page.width),
    ...(words === undefined
      ? []
      : [['Arguments:', ...definitionLines([[words.usage, words.description]], page)]]),
    ...groups,
    ['Examples:', ...exampleLines(examples, page.width)],
    footer(page),
  ])
}

/** The flags by the title of their group, each with its names and its description. */
export function groupsOf(
  flags: Flags,
): readonly (readonly [title: string, entries: readonly (readonly [string, string])[]])[] {
  const all = inGroups(flags)
  return [...new Set(all.map(([, { group }]) => group))].map((group) => {
    const entries = all
      .filter(([, flag]) => flag.group === group)
      .flatMap(([key, flag]) => describeFlag(key, flag))
    const help = group === 'output' ? [['-h, --help', 'print this help'] as const] : []
    return [GROUPS[group], [...entries, ...help]]
  })
}

function describeFlag(key: string, flag: Flag<unknown>): readonly (readonly [string, string])[] {
  const { short, type, description, negation } = flag
  const names = `${short === undefined ? '' : `-${short}, `}${longName(key, flag)}`
  const shown = shownDefault(flag)
  const usual = shown === undefined ? '' : ` (default: ${shown})`
  return [
    [`${names}${type === undefined ? '' : ` <${type.name}>`}`, `${description}${usual}`],
    ...(negation === undefined ? [] : [[longName(key, { negated: true }), negation] as const]),
  ]
}

/** The meaning of each exit code in a few words, and where to read more. */
function footer(page: Layout): readonly string[] {
  const codes = Object.entries(EXIT_SUMMARIES).map(([code, meaning]) => `${code} ${meaning}`)
  return [
    'Exit codes:',
    ...page.foldParts(codes, page.width - 2).map((line) => `  ${line}`),
    ...page.fold('peerwire explain WORD explains an exit code, or any word of a report.', page.width),
  ]
}

function joined(parts: readonly (readonly string[])[]): string {
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`
}
