import { documentPaths } from '../../report/schema-path.ts'
import { inGroups, longName, type Flag } from '../command/flag.ts'
import type { Command } from '../command/row.ts'
import type { Completion } from '../command/value-type.ts'
import { COMMANDS } from '../commands/table.ts'

/** What can be typed at a place. `isOpen`: something follows the word, so no space does. */
export type Values =
  | { readonly type: 'words'; readonly words: readonly string[]; readonly isOpen: boolean }
  | { readonly type: 'file' | 'folder' | 'nothing' }

/** A flag with its names, such as `-i` and `--info-hash`. */
export interface CompletedFlag {
  readonly names: readonly string[]
  readonly description: string
  readonly isRepeatable: boolean
  /** The name of its value, and what it can be; undefined for a flag without one. */
  readonly value: { readonly name: string; readonly values: Values } | undefined
}

export interface CompletedCommand {
  readonly name: string
  readonly summary: string
  readonly flags: readonly CompletedFlag[]
  /** Its positional arguments. */
  readonly words: Values
}

export const VERSION_FLAG: CompletedFlag = {
  names: ['-V', '--version'],
  description: 'print the version',
  isRepeatable: false,
  value: undefined,
}

export const HELP_FLAG: CompletedFlag = {
  names: ['-h', '--help'],
  description: 'print the help',
  isRepeatable: false,
  value: undefined,
}

/** Every command with its flags and what their values can be, from the rows. */
export function completedCommands(): Promise<readonly CompletedCommand[]> {
  return Promise.all(
    Object.entries(COMMANDS).map(async ([name, { summary, load }]) => {
      const { command } = await load()
      const flags = await Promise.all(
        inGroups(command.flags).map(([key, flag]) => completedFlags(key, flag, command)),
      )
      const words = await valuesOf(command.words?.completion ?? 'nothing', command)
      return { name, summary, flags: [...flags.flat(), HELP_FLAG], words }
    }),
  )
}

/** Flags without a value that every command has: they may also precede it. */
export function sharedSwitches([first, ...others]: readonly CompletedCommand[]): readonly CompletedFlag[] {
  const isShared = ({ names }: CompletedFlag): boolean =>
    others.every(({ flags }) => flags.some((flag) => flag.names.join() === names.join()))
  return (first?.flags ?? []).filter((flag) => flag.value === undefined && isShared(flag))
}

async function completedFlags(
  key: string,
  flag: Flag<unknown>,
  command: Command,
): Promise<readonly CompletedFlag[]> {
  const { short, description, type, negation, repeatable, counted } = flag
  const isRepeatable = repeatable === true || counted === true
  const value =
    type === undefined ? undefined : { name: type.name, values: await valuesOf(type.completion, command) }
  const names = [...(short === undefined ? [] : [`-${short}`]), longName(key, flag)]
  const negated: readonly CompletedFlag[] =
    negation === undefined
      ? []
      : [
          {
            names: [longName(key, { negated: true })],
            description: negation,
            isRepeatable: false,
            value: undefined,
          },
        ]
  return [{ names, description, isRepeatable, value }, ...negated]
}

async function valuesOf(completion: Completion, { document }: Command): Promise<Values> {
  if (completion === 'document-path') return { type: 'words', words: documentPaths(document), isOpen: true }
  if (completion === 'document-template') {
    return { type: 'words', words: documentPaths(document).map((path) => `%{${path}}`), isOpen: true }
  }
  if (typeof completion === 'string') return { type: completion }
  const words = typeof completion === 'function' ? await completion() : completion
  return { type: 'words', words: [...new Set(words)], isOpen: false }
}
