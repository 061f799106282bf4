import { format, resolveConfig } from 'prettier'
import {
  type Flag,
  type Flags,
  GROUPS,
  inGroups,
  longName,
  shownDefault,
} from '../../../src/cli/command/flag.ts'
import { exampleLines, usageLine } from '../../../src/cli/command/usage.ts'
import type { Command } from '../../../src/cli/command/row.ts'
import { COMMANDS } from '../../../src/cli/commands/table.ts'
import { OUTPUT_FLAGS } from '../../../src/cli/flags/output.ts'
import { SESSION_FLAGS } from '../../../src/cli/flags/session.ts'

/** Flags that several commands share, described once. */
const SHARED = [
  {
    title: 'Output flags',
    text: 'Every command takes these. Those without a value may come before its name: `peerwire --json connect ...`.',
    flags: OUTPUT_FLAGS,
  },
  {
    title: 'Session flags',
    text: 'Every command that talks to one peer takes these, and the [output flags](#output-flags).',
    flags: Object.fromEntries(
      Object.entries(SESSION_FLAGS).filter(([key]) => !(key in OUTPUT_FLAGS)),
    ) as Flags,
  },
]

const INTRO = `# Commands

A peer is \`HOST:PORT\`, \`1.2.3.4:6881\` or \`[2001:db8::1]:6881\`. There is no default port. \`HOST PORT\` works too. A
torrent may follow the peer without its flag: a .torrent file, an info hash or a magnet link. With a magnet link that names
peers (\`x.pe\`) the peer may be left out.

Times are \`500ms\`, \`5s\`, \`2m\`, or plain seconds. Sizes are \`16384\`, \`16KiB\` or \`1MiB\`.

The [exit codes](exit-codes.md) are the same for every command. [Output](output.md) describes what goes where, and how to check
a report with \`--expect\`.

This page is written from the rows of the commands, as \`peerwire COMMAND --help\` is.`

/** Every command with its usage, flags and examples. */
export async function commandsPage(): Promise<string> {
  const entries = Object.entries(COMMANDS)
  const commands = await Promise.all(
    entries.map(async ([name, { summary, load }]) => section(name, summary, (await load()).command)),
  )
  const shared = SHARED.toReversed().map(
    ({ title, text, flags }) => `## ${title}\n\n${text}\n\n${tables(flags)}`,
  )
  const page = [INTRO, ...commands, ...shared].join('\n\n')
  const options = await resolveConfig(new URL('../../../package.json', import.meta.url))
  return format(page, { ...options, parser: 'markdown' })
}

function section(name: string, summary: string, command: Command): string {
  const { description, words, flags, examples, page, eventDocument } = command
  const links = [
    ...(page === undefined ? [] : [`More: [${page[0]}](${page[1]}).`]),
    `JSON: [schema](schema/${name}.json)${eventDocument === undefined ? '' : `, and [of its events](schema/${name}-event.json)`}.`,
  ]
  return [
    `## ${name}`,
    `${capital(summary)}.`,
    `\`\`\`\npeerwire ${name} ${usageLine(command)}\n\`\`\``,
    `${description} ${links.join(' ')}`,
    ...(words === undefined ? [] : [`${words.usage}: ${words.description}.`]),
    tables(ownFlags(flags)),
    sharedWith(flags),
    `\`\`\`sh\n${exampleLines(examples.map(commented), Number.POSITIVE_INFINITY)
      .map((line) => line.slice(2))
      .join('\n')}\n\`\`\``,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function isShared(flags: Flags, shared: Flags): boolean {
  return Object.keys(shared).every((key) => key in flags)
}

/** The flags that are not in a shared list. */
function ownFlags(flags: Flags): Flags {
  const described = SHARED.filter((shared) => isShared(flags, shared.flags))
  return Object.fromEntries(
    Object.entries(flags).filter(
      ([key, flag]) =>
        !described.some((shared) => Object.values(shared.flags).includes(flag) && key in shared.flags),
    ),
  )
}

function sharedWith(flags: Flags): string {
  const names = SHARED.filter((shared) => isShared(flags, shared.flags)).map(
    ({ title }) => `the [${title.toLowerCase()}](#${title.toLowerCase().replaceAll(' ', '-')})`,
  )
  return `It also takes ${names.toReversed().join(' and ')}.`
}

/** One table per group. */
function tables(flags: Flags): string {
  const rows = inGroups(flags)
  const groups = [...new Set(rows.map(([, { group }]) => group))]
  return groups
    .map((group) => {
      const lines = rows
        .filter(([, flag]) => flag.group === group)
        .flatMap(([key, flag]) => tableRows(key, flag))
      return [`| ${GROUPS[group]} | meaning | default |`, '| --- | --- | --- |', ...lines].join('\n')
    })
    .join('\n\n')
}

function tableRows(key: string, flag: Flag<unknown>): readonly string[] {
  const { short, type, description, details, negation } = flag
  const long = `\`${longName(key, flag)}${type === undefined ? '' : ` ${type.name.toUpperCase()}`}\``
  const names = short === undefined ? long : `\`-${short}\`, ${long}`
  const shown = shownDefault(flag)
  const meaning = details === undefined ? description : `${description}. ${details.replace(/\.$/, '')}`
  const cells = [names, meaning, shown === undefined ? '' : `\`${shown}\``]
  const row = `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  if (negation === undefined) return [row]
  return [row, `| \`${longName(key, { negated: true })}\` | ${negation} | |`]
}

/** The explanation of an example, as a shell comment. */
function commented(example: Command['examples'][number]): Command['examples'][number] {
  return typeof example === 'string' ? example : [example[0], `# ${example[1]}`]
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
