import { type CompletedCommand, type CompletedFlag, HELP_FLAG, type Values, VERSION_FLAG } from './model.ts'

/** A completion script for fish 3 and later. */
export function fishScript(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name)
  const none = `not __fish_seen_subcommand_from ${names.join(' ')}`
  return `${[
    '# Completion of peerwire for fish: peerwire completion fish | source',
    'complete -c peerwire -e',
    'complete -c peerwire -f',
    ...[VERSION_FLAG, HELP_FLAG].map((flag) => flagLine(none, flag)),
    ...commands.map(({ name, summary }) => line(none, ['-a', quote(name)], summary)),
    line(none, ['-a', 'help'], 'the help of a command'),
    ...commands.flatMap(({ name, flags, words }) => {
      const condition = `__fish_seen_subcommand_from ${name}`
      return [
        ...valueParts(words).map((parts) => `complete -c peerwire -n ${quote(condition)} ${parts}`),
        ...flags.map((flag) => flagLine(condition, flag)),
      ]
    }),
  ].join('\n')}\n`
}

function flagLine(condition: string, { names, description, value }: CompletedFlag): string {
  const named = names.flatMap((name) =>
    name.startsWith('--') ? ['-l', name.slice(2)] : ['-s', name.slice(1)],
  )
  const [values = ''] = value === undefined ? [] : valueParts(value.values)
  const parts =
    value === undefined
      ? []
      : values === ''
        ? ['-x']
        : [values.replace(/^-a/, '-x -a').replace(/^-F/, '-r -F')]
  return line(condition, [...named, ...parts], description)
}

function line(condition: string, parts: readonly string[], description: string): string {
  return `complete -c peerwire -n ${quote(condition)} ${parts.join(' ')} -d ${quote(description)}`
}

function valueParts(values: Values): readonly string[] {
  switch (values.type) {
    case 'nothing':
      return []
    case 'file':
      return ['-F']
    case 'folder':
      return ["-a '(__fish_complete_directories)'"]
    case 'words':
      return [`-a ${quote(values.words.join(' '))}`]
  }
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, (character) => `\\${character}`)}'`
}
