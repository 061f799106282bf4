import { Command as Parser, Option } from 'commander'
import { type Flag, type Flags, GROUPS, inGroups, longName, shownDefault } from './flag.ts'
import type { CommandDefinition } from './row.ts'

/** The result of commander: the positional arguments, and a value for every flag. */
export interface Parsed {
  readonly words: readonly string[]
  readonly flags: { readonly [key: string]: unknown }
}

/**
 * Creates a parser with the flags and the help of a command.
 * @param parsed called when the command line was parsed
 */
export function makeParser(
  name: string,
  definition: CommandDefinition,
  parsed: (parsed: Parsed) => Promise<void>,
): Parser {
  const { description, words, flags, examples } = definition
  const parser = new Parser(`peerwire ${name}`)
    .description(description)
    .usage(usageLine(definition))
    .addHelpOption(helped(new Option('-h, --help', 'print this help'), 'output'))
    .addHelpText('after', `\nExamples:\n${exampleLines(examples).join('\n')}\n`)
  if (words !== undefined) parser.argument('[words...]', words.description)
  for (const [key, flag] of inGroups(flags)) addFlag(parser, key, flag)
  return parser.action(async (...args: unknown[]) => {
    const typed = words === undefined ? [] : (args[0] as readonly string[])
    await parsed({ words: typed, flags: { ...defaultsOf(flags), ...parser.opts() } })
  })
}

/** The part after the name: positional arguments, required flags, and a placeholder for the others. */
export function usageLine({ words, flags }: Pick<CommandDefinition, 'words' | 'flags'>): string {
  return [...(words === undefined ? [] : [words.usage]), ...requiredParts(flags), '[options]'].join(' ')
}

function requiredParts(flags: Flags): readonly string[] {
  const required = Object.entries(flags).filter(([, flag]) => flag.required !== undefined)
  const always = required.filter(([, flag]) => flag.required?.unless === undefined)
  const alternatives = new Set(required.flatMap(([, flag]) => flag.required?.unless ?? []))
  return [
    ...always.map(([key, flag]) => shortest(key, flag)),
    ...[...alternatives].map((other) => {
      const all = required.filter(([, flag]) => flag.required?.unless === other)
      const instead = flags[other]
      const choices = [
        all.map(([key, flag]) => shortest(key, flag)).join(' '),
        ...(instead === undefined ? [] : [shortest(other, instead)]),
      ]
      return `(${choices.join(' | ')})`
    }),
  ]
}

/** `-o <file>`, or `--piece <index>` for a flag without a letter. */
function shortest(key: string, flag: Flag<unknown>): string {
  const name = flag.short === undefined ? longName(key, flag) : `-${flag.short}`
  return flag.type === undefined ? name : `${name} <${flag.type.name}>`
}

/** Examples, with their explanations in a separate column. */
export function exampleLines(examples: CommandDefinition['examples']): readonly string[] {
  const pairs = examples.map((example) => (typeof example === 'string' ? ([example, ''] as const) : example))
  const width = Math.max(...pairs.filter(([, meaning]) => meaning !== '').map(([line]) => line.length), 0)
  return pairs.map(([line, meaning]) =>
    meaning === '' ? `  peerwire ${line}` : `  peerwire ${line.padEnd(width + 5)}${meaning}`,
  )
}

function addFlag(parser: Parser, key: string, flag: Flag<unknown>): void {
  const long = longName(key, flag)
  const value = flag.type === undefined ? '' : ` <${flag.type.name}>`
  const short = flag.short === undefined ? '' : `-${flag.short}, `
  const option = helped(new Option(`${short}${long}${value}`, flag.description), flag.group)
  const { type } = flag
  if (flag.counted === true)
    option.argParser((_, before: unknown) => (before === undefined ? 0 : Number(before)) + 1)
  if (type !== undefined) {
    option.argParser((text, before: unknown) => {
      const read = type.parse(text, long)
      return flag.repeatable === true ? [...((before as readonly unknown[] | undefined) ?? []), read] : read
    })
    const shown = shownDefault(flag)
    if (shown !== undefined) option.default(flag.default, shown)
  }
  parser.addOption(option)
  if (flag.negation !== undefined) {
    parser.addOption(helped(new Option(longName(key, { negated: true }), flag.negation), flag.group))
  }
}

function helped(option: Option, group: Flag<unknown>['group']): Option {
  return option.helpGroup(`${GROUPS[group]}:`)
}

/** Defaults of repeatable flags and of flags without a value. */
function defaultsOf(flags: Flags): { readonly [key: string]: unknown } {
  return Object.fromEntries(Object.entries(flags).map(([key, flag]) => [key, flag.default]))
}
