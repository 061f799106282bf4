import {
  type CompletedCommand,
  type CompletedFlag,
  sharedSwitches,
  type Values,
  VERSION_FLAG,
} from './model.ts'

/** A completion script for zsh: to be sourced, or saved as _peerwire in a folder of fpath. */
export function zshScript(commands: readonly CompletedCommand[]): string {
  const described = commands.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}`)
  const leading = [VERSION_FLAG, ...sharedSwitches(commands)].flatMap((flag) => flagSpecs(flag))
  return `#compdef peerwire
# Completion of peerwire for zsh: source <(peerwire completion zsh)
_peerwire() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  local -a commands=(
${described.join('\n')}
    'help:the help of a command'
  )
  _arguments -C \\
${leading.map((spec) => `    ${spec} \\\n`).join('')}    '1: :->command' \\
    '*:: :->arguments'
  case $state in
    command) _describe -t commands command commands ;;
    arguments)
      case $line[1] in
${commands.map(({ name }) => `        ${name}) _peerwire_${identifier(name)} ;;`).join('\n')}
        help) _describe -t commands command commands ;;
      esac
      ;;
  esac
}

${commands.map(commandFunction).join('\n\n')}

if [[ $funcstack[1] == _peerwire ]]; then
  _peerwire "$@"
else
  compdef _peerwire peerwire
fi
`
}

function commandFunction({ name, flags, words }: CompletedCommand): string {
  const id = identifier(name)
  const lists: string[] = []
  const messageOf = (message: string, values: Values, key: string): string => {
    if (values.type === 'words') {
      const list = `_peerwire_${id}_${key}`
      const noSpace = values.isOpen ? `-S '' ` : ''
      lists.push(`${list}() { compadd ${noSpace}"$@" -- ${values.words.map(quote).join(' ')} }`)
      return `:${escapeSpec(message)}:${list}`
    }
    return `:${escapeSpec(message)}:${FILES[values.type]}`
  }
  const specs = flags.flatMap((flag) => {
    const { value } = flag
    const key = identifier((flag.names.at(-1) ?? '').replace(/^-+/, ''))
    return flagSpecs(flag, value === undefined ? '' : messageOf(value.name, value.values, key))
  })
  const positional = quote(`*${messageOf('argument', words, 'words')}`)
  return `_peerwire_${id}() {
  _arguments -s -S \\
${[...specs, positional].map((spec) => `    ${spec}`).join(' \\\n')}
}${lists.map((list) => `\n${list}`).join('')}`
}

const FILES = { file: '_files', folder: '_files -/', nothing: ' ' } as const

/** One spec for each name; the names of a flag exclude each other, unless it is repeatable. */
function flagSpecs({ names, description, isRepeatable }: CompletedFlag, value = ''): readonly string[] {
  const excluded = isRepeatable ? '*' : names.length > 1 ? `(${names.join(' ')})` : ''
  return names.map((name) => {
    const separator = value === '' ? '' : name.startsWith('--') ? '=' : '+'
    return quote(`${excluded}${name}${separator}[${escapeSpec(description)}]${value}`)
  })
}

function escapeSpec(text: string): string {
  return text.replace(/[\\[\]:]/g, (character) => `\\${character}`)
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function identifier(name: string): string {
  return name.replaceAll('-', '_')
}
