import { Command as Parser, Option } from 'commander'
import { type Flag, type Flags, inGroups, longName } from './flag.ts'
import type { CommandDefinition } from './row.ts'

/** The result of commander: the positional arguments, and a value for every flag. */
export interface Parsed {
  readonly words: readonly string[]
  readonly flags: { readonly [key: string]: unknown }
}

/**
 * Creates a parser with the flags of a command.
 * @param parsed called when the command line was parsed
 */
export function makeParser(
  name: string,
  definition: CommandDefinition,
  parsed: (parsed: Parsed) => Promise<void>,
): Parser {
  const { words, flags } = definition
  // the help is rendered from the same rows, and not by commander
  const parser = new Parser(`peerwire ${name}`)
    .addHelpOption(new Option('-h, --help'))
    .configureHelp({ formatHelp: () => '' })
  if (words !== undefined) parser.argument('[words...]')
  for (const [key, flag] of inGroups(flags)) addFlag(parser, key, flag)
  return parser.action(async (...args: unknown[]) => {
    const typed = words === undefined ? [] : (args[0] as readonly string[])
    await parsed({ words: typed, flags: { ...defaultsOf(flags), ...parser.opts() } })
  })
}

function addFlag(parser: Parser, key: string, flag: Flag<unknown>): void {
  const long = longName(key, flag)
  const value = flag.type === undefined ? '' : ` <${flag.type.name}>`
  const short = flag.short === undefined ? '' : `-${flag.short}, `
  const option = new Option(`${short}${long}${value}`)
  const { type } = flag
  if (flag.counted === true)
    option.argParser((_, before: unknown) => (before === undefined ? 0 : Number(before)) + 1)
  if (type !== undefined) {
    option.argParser((text, before: unknown) => {
      const read = type.parse(text, long)
      return flag.repeatable === true ? [...((before as readonly unknown[] | undefined) ?? []), read] : read
    })
  }
  parser.addOption(option)
  if (flag.negation !== undefined) {
    parser.addOption(new Option(longName(key, { negated: true })))
  }
}

/** The default of every flag. */
function defaultsOf(flags: Flags): { readonly [key: string]: unknown } {
  return Object.fromEntries(Object.entries(flags).map(([key, flag]) => [key, flag.default]))
}
