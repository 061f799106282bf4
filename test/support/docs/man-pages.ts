import { EXIT_SUMMARIES } from '../../../src/report/exit-code.ts'
import { VERSION } from '../../../src/base/version.ts'
import { groupsOf } from '../../../src/cli/command/help.ts'
import { type Flag, type Flags, inGroups, longName, shownDefault } from '../../../src/cli/command/flag.ts'
import type { Command } from '../../../src/cli/command/row.ts'
import { exampleLines, usageLine } from '../../../src/cli/command/usage.ts'
import { COMMANDS } from '../../../src/cli/commands/table.ts'

/** Of 80 columns, `man` indents 7; the two before each line are not printed. */
const EXAMPLE_WIDTH = 75

/** The man pages: peerwire(1), and one for each command, generated from the same rows as the help. */

const ENVIRONMENT = [
  ['PEERWIRE_OPTIONS', 'Default options, as they would be typed. The command line overrides them.'],
  ['NO_COLOR, FORCE_COLOR', 'Whether text is colored, unless --color says so.'],
  ['LC_ALL, LC_CTYPE, LANG', 'Without UTF-8 in the first of these that is set, only ASCII is printed.'],
  ['COLUMNS', 'The width of the text, from 40 to 120, where stdout is not a terminal.'],
] as const

/** Every page by the name of its file. */
export async function manPages(): Promise<ReadonlyMap<string, string>> {
  const entries = await Promise.all(
    Object.entries(COMMANDS).map(async ([name, { summary, load }]) => ({
      name,
      summary,
      command: (await load()).command,
    })),
  )
  return new Map([
    ['peerwire.1', overviewPage(entries)],
    ...entries.map(
      ({ name, summary, command }) => [`peerwire-${name}.1`, commandPage(name, summary, command)] as const,
    ),
  ])
}

interface Entry {
  readonly name: string
  readonly summary: string
}

function overviewPage(commands: readonly Entry[]): string {
  return page('peerwire', 'diagnose one BitTorrent peer', [
    section('SYNOPSIS', ['.B peerwire', roman('<command> [options]')]),
    section('DESCRIPTION', [
      roman(
        'Diagnoses one BitTorrent peer: who answers, what it claims, whether it serves what it claims, and, if it does not, why.',
      ),
    ]),
    section(
      'COMMANDS',
      commands.flatMap(({ name, summary }) => ['.TP', `.BR peerwire\\-${escape(name)} (1)`, roman(summary)]),
    ),
    section('OPTIONS', [
      ...tagged('-V, --version', 'Print the version.'),
      ...tagged('-h, --help', 'Print the help; behind a command, that of the command.'),
    ]),
    ...ending(commands.map(({ name }) => `peerwire-${name}`)),
  ])
}

function commandPage(name: string, summary: string, command: Command): string {
  const { description, words, flags, examples } = command
  const options = groupsOf(flags).flatMap(([title]) => [
    `.SS ${quoted(title)}`,
    ...inGroups(flags)
      .filter(([key]) => titleOf(flags, key) === title)
      .flatMap(([key, flag]) => flagLines(key, flag)),
    ...(title === 'Output' ? tagged('-h, --help', 'Print the help.') : []),
  ])
  return page(`peerwire-${name}`, summary, [
    section('SYNOPSIS', [`.B peerwire ${escape(name)}`, roman(usageLine(command))]),
    section('DESCRIPTION', [
      roman(description),
      ...(words === undefined ? [] : ['.PP', roman(`${words.usage}: ${words.description}.`)]),
    ]),
    section('OPTIONS', options),
    section('EXAMPLES', [
      '.nf',
      ...exampleLines(examples, EXAMPLE_WIDTH).map((line) => escape(line.slice(2))),
      '.fi',
    ]),
    ...ending(['peerwire']),
  ])
}

function titleOf(flags: Flags, key: string): string | undefined {
  const flag = flags[key]
  return flag === undefined ? undefined : groupsOf({ [key]: flag })[0]?.[0]
}

function flagLines(key: string, flag: Flag<unknown>): readonly string[] {
  const { short, type, description, details, negation } = flag
  const names = [...(short === undefined ? [] : [`-${short}`]), longName(key, flag)].join(', ')
  const shown = shownDefault(flag)
  const usual = shown === undefined ? '' : ` The default is ${shown}.`
  const text = `${sentence(description)}${details === undefined ? '' : ` ${plain(details)}`}${usual}`
  return [
    ...tagged(names, text, type?.name),
    ...(negation === undefined ? [] : tagged(longName(key, { negated: true }), sentence(negation))),
  ]
}

function ending(seeAlso: readonly string[]): readonly string[] {
  return [
    section('EXIT STATUS', [
      ...Object.entries(EXIT_SUMMARIES).flatMap(([code, meaning]) => tagged(code, sentence(meaning))),
      '.PP',
      roman('peerwire explain CODE says more.'),
    ]),
    section(
      'ENVIRONMENT',
      ENVIRONMENT.flatMap(([name, meaning]) => tagged(name, meaning)),
    ),
    section('SEE ALSO', [
      seeAlso.map((name, i) => `.BR ${escape(name)} (1)${i === seeAlso.length - 1 ? '' : ','}`).join('\n'),
    ]),
  ]
}

function page(name: string, summary: string, sections: readonly string[]): string {
  const head = `.\\" Generated from the rows of the commands: npm run docs
.TH ${quoted(name.toUpperCase())} 1 "" ${quoted(`peerwire ${VERSION}`)} "User Commands"`
  return `${[head, section('NAME', [`${escape(name)} \\- ${escape(summary)}`]), ...sections].join('\n')}\n`
}

function section(title: string, lines: readonly string[]): string {
  return [`.SH ${quoted(title)}`, ...lines].join('\n')
}

/** A term in bold, its value in italics, and its meaning below. */
function tagged(term: string, meaning: string, value?: string): readonly string[] {
  const shown =
    value === undefined ? `\\fB${escape(term)}\\fR` : `\\fB${escape(term)}\\fR \\fI${escape(value)}\\fR`
  return ['.TP', shown, roman(meaning)]
}

function roman(text: string): string {
  return escape(text)
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

/** Markdown as plain text: no links and no code marks. */
function plain(markdown: string): string {
  return markdown.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '')
}

function quoted(text: string): string {
  return `"${escape(text).replaceAll('"', '""')}"`
}

/** Roff would take these characters, and a dot or apostrophe at the start of a line, as commands or typography. */
function escape(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll('…', '...')
    .replace(/^\./, '\\&.')
}
