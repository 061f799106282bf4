import { PeerError } from '../base/errors.ts'
import { type Flag, type Flags, longName } from './command/flag.ts'
import { COMMANDS, COMMAND_NAMES, type CommandName } from './commands/table.ts'
import { usage } from './options.ts'
import { isTorrentFile, isTorrentName } from './parse/words.ts'

const NAME = 'PEERWIRE_OPTIONS'

/**
 * The arguments of a command with the default options before those that were typed, so that the typed ones win. Options of
 * other commands are left out.
 *
 * @param text options as they would be typed, in quotes where they have spaces
 * @throws PeerError E_USAGE for a word that is not an option of any command, or a value that cannot be read
 */
export async function withDefaultOptions(
  name: CommandName,
  typed: readonly string[],
  text: string,
): Promise<readonly string[]> {
  const words = splitWords(text)
  if (words.length === 0) return typed
  const own = (await COMMANDS[name].load()).command.flags
  const defaults: string[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ''
    const { long, value } = splitFlag(word)
    const isOwn = flagNamed(own, long) !== undefined
    const flag = flagNamed(own, long) ?? (await flagOfOthers(long))
    if (flag === undefined) {
      throw usage(`${NAME} has "${word.slice(0, 40)}", which is not an option`, 'see peerwire COMMAND --help')
    }
    const isNegated = flag.negation !== undefined && long.startsWith('--no-')
    const wantsValue = flag.type !== undefined && !isNegated
    const given = wantsValue ? (value ?? words[++i]) : undefined
    if (wantsValue) checkValue(flag, long, given)
    if (!wantsValue && value !== undefined) throw usage(`${NAME}: ${long} takes no value`, `use ${long}`)
    if (isOwn && !isReplaced(long, typed)) defaults.push(...(given === undefined ? [word] : [long, given]))
  }
  return [...defaults, ...typed]
}

/** Options that exclude each other: one that is typed replaces the others as well. */
const ALTERNATIVES: readonly (readonly string[])[] = [
  ['--json', '--ndjson', '--text', '--format', '-w', '--write-out'],
  ['-4', '--ipv4', '-6', '--ipv6'],
  ['-i', '--info-hash', '-t', '--torrent'],
]

function isReplaced(long: string, typed: readonly string[]): boolean {
  const names = ALTERNATIVES.find((alternatives) => alternatives.includes(long)) ?? []
  const hasTorrent = names.includes('-t') && typed.some((word) => isTorrentName(word) || isTorrentFile(word))
  return hasTorrent || typed.some((word) => names.includes(splitFlag(word).long))
}

/** @throws PeerError E_USAGE that names the variable, because the value is not on the command line */
function checkValue({ type }: Flag<unknown>, long: string, value: string | undefined): void {
  if (value === undefined) throw usage(`${NAME}: ${long} lacks its value`, 'add it, or leave out the option')
  try {
    type?.parse(value, long)
  } catch (error) {
    if (!(error instanceof PeerError)) throw error
    throw error.with({ message: `${NAME}: ${error.message}` })
  }
}

function splitFlag(word: string): { readonly long: string; readonly value: string | undefined } {
  const [, long, value] = /^(--[^=]+)=(.*)$/s.exec(word) ?? []
  return long === undefined ? { long: word, value: undefined } : { long, value }
}

/** The flag with this long or short name; a cluster such as `-qv` is one of flags without a value. */
function flagNamed(flags: Flags, name: string): Flag<unknown> | undefined {
  const names = /^-[a-z]{2,}$/.test(name) ? Array.from(name.slice(1), (letter) => `-${letter}`) : [name]
  const found = names.map((one) =>
    Object.entries(flags).find(([key, flag]) => {
      const negated = flag.negation === undefined ? [] : [longName(key, { negated: true })]
      return [longName(key, flag), `-${flag.short ?? ''}`, ...negated].includes(one) && one.length > 1
    }),
  )
  const [first] = found
  const isCluster = found.length > 1
  const isWhole = found.every((one) => one !== undefined && (!isCluster || one[1].type === undefined))
  return isWhole ? first?.[1] : undefined
}

async function flagOfOthers(name: string): Promise<Flag<unknown> | undefined> {
  for (const command of COMMAND_NAMES) {
    const flag = flagNamed((await COMMANDS[command].load()).command.flags, name)
    if (flag !== undefined) return flag
  }
  return undefined
}

/** Words as a shell splits them: quotes keep spaces, and a backslash keeps the next character outside of single quotes. */
function splitWords(text: string): readonly string[] {
  const parts = /\s+|'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)|([^\s'"\\]+)|(.)/gsu
  const words: string[] = []
  let word: string | undefined
  for (const [part, single, double, escaped, plain, stray] of text.matchAll(parts)) {
    if (stray !== undefined) throw usage(`${NAME} has a quote that is not closed`, 'close it')
    if (/^\s/.test(part)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else {
      word = `${word ?? ''}${single ?? double?.replace(/\\(.)/gs, '$1') ?? escaped ?? plain ?? ''}`
    }
  }
  return word === undefined ? words : [...words, word]
}
