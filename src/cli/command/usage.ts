import { type Flag, type Flags, longName } from './flag.ts'
import type { CommandDefinition } from './row.ts'

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

/**
 * Examples, with their explanations in a separate column, or below where the page is narrow. A command that is longer than
 * a line is continued on the next, as a shell reads it.
 * @param width columns, with the two before each line
 */
export function exampleLines(examples: CommandDefinition['examples'], width: number): readonly string[] {
  const pairs = examples.map((example) => (typeof example === 'string' ? ([example, ''] as const) : example))
  const explained = pairs.filter(([, meaning]) => meaning !== '')
  const column = Math.max(...explained.map(([line]) => line.length), 0) + 5
  const isBeside = explained.every(([, meaning]) => LEAD.length + column + meaning.length <= width)
  return pairs.flatMap(([line, meaning]) => {
    if (meaning === '') return continued(`${LEAD}${line}`, width)
    if (isBeside) return [`${LEAD}${line.padEnd(column)}${meaning}`]
    return [...continued(`${LEAD}${line}`, width), `      ${meaning}`]
  })
}

const LEAD = '  peerwire '

/** Broken between the words of a shell, and not between a flag and its value. */
function continued(command: string, width: number): readonly string[] {
  if (command.length <= width) return [command]
  const words = command.trim().match(/(?:(?:--?[\w-]+|>) (?![->|]))?(?:'[^']*'|[^\s'])+/g) ?? []
  const lines: string[] = []
  let line = ' '
  for (const [i, word] of words.entries()) {
    const longer = `${line} ${word}`
    const backslash = i < words.length - 1 ? 2 : 0
    if (line.trim() !== '' && longer.length + backslash > width) {
      lines.push(`${line} \\`)
      line = `    ${word}`
    } else line = longer
  }
  return [...lines, line]
}
