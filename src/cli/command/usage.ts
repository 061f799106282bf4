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

/** Examples, with their explanations in a separate column. */
export function exampleLines(examples: CommandDefinition['examples']): readonly string[] {
  const pairs = examples.map((example) => (typeof example === 'string' ? ([example, ''] as const) : example))
  const width = Math.max(...pairs.filter(([, meaning]) => meaning !== '').map(([line]) => line.length), 0)
  return pairs.map(([line, meaning]) =>
    meaning === '' ? `  peerwire ${line}` : `  peerwire ${line.padEnd(width + 5)}${meaning}`,
  )
}
