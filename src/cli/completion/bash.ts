import { type CompletedCommand, type CompletedFlag, HELP_FLAG, type Values, VERSION_FLAG } from './model.ts'

/** A completion script for bash 3.2 and later. It needs no other package. */
export function bashScript(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name)
  const start = [...names, 'help', ...VERSION_FLAG.names, ...HELP_FLAG.names]
  return `# Completion of peerwire for bash: source <(peerwire completion bash)
_peerwire() {
  local line=\${COMP_LINE:0:COMP_POINT}
  local current=\${COMP_WORDS[COMP_CWORD]}
  local value=\${line##*[[:space:]]}
  local flag= command= word kind= open= skip first=1
  local words=() typed=()
  COMPREPLY=()
  read -ra typed <<<"\${line%"$value"}"
  for word in "\${typed[@]:1}"; do
    case $word in
      ${names.join(' | ')}) command=$word && break ;;
      -*) ;;
      *) first= ;;
    esac
  done
  if [[ $value == --*=* ]]; then
    flag=\${value%%=*} value=\${value#*=}
  elif [[ -n $command ]]; then
    flag=\${typed[\${#typed[@]}-1]}
  fi
  # bash completes what is behind the last = or :
  case $current in
    = | :) current= ;;
  esac
  skip=$((\${#value} - \${#current}))
  ((skip < 0)) && skip=0

  case $command in
${commands.map((command) => commandCase(command)).join('\n')}
    *)
      if [[ \${typed[1]} == help ]]; then
        words=(${quoted(names)})
      elif [[ -n $first ]]; then
        words=(${quoted(start)})
      fi
      ;;
  esac

  case $kind in
    file) while IFS= read -r word; do COMPREPLY+=("\${word:skip}"); done < <(compgen -f -- "$value") ;;
    folder) while IFS= read -r word; do COMPREPLY+=("\${word:skip}"); done < <(compgen -d -- "$value") ;;
    *) for word in "\${words[@]}"; do
      [[ $word == "$value"* ]] && COMPREPLY+=("\${word:skip}")
    done ;;
  esac
  if type compopt >/dev/null 2>&1; then
    [[ -z $kind ]] || compopt -o filenames 2>/dev/null
    [[ -z $open ]] || compopt -o nospace 2>/dev/null
  fi
  return 0
}
complete -F _peerwire peerwire
`
}

function commandCase({ name, flags, words }: CompletedCommand): string {
  const valued = flags.filter(({ value }) => value !== undefined)
  const cases = valued.map((flag) => `        ${flag.names.join(' | ')}) ${action(flag)} ;;`)
  const all = flags.flatMap(({ names }) => names)
  return `    ${name})
      case $flag in
${cases.join('\n')}
        *)
          if [[ $value == -* ]]; then
            words=(${quoted(all)})
          else
            ${assignment(words)}
          fi
          ;;
      esac
      ;;`
}

function action({ value }: CompletedFlag): string {
  return value === undefined ? ':' : assignment(value.values)
}

function assignment(values: Values): string {
  if (values.type === 'nothing') return ':'
  if (values.type !== 'words') return `kind=${values.type}`
  return `words=(${quoted(values.words)})${values.isOpen ? ' open=1' : ''}`
}

function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
}
