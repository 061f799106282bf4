# prints what zsh completes, one match per line: complete.zsh SCRIPT LINE
zmodload zsh/zpty
zpty z zsh -f -i
local setup=$(mktemp)
cat >$setup <<'SETUP'
PROMPT=
autoload -Uz compinit && compinit -D -u
bindkey '^M' undefined
bindkey '^J' undefined
bindkey '^I' complete-word
null-line() { echo -E - $'\0' }
compprefuncs=(null-line)
comppostfuncs=(null-line exit)
zstyle ':completion:*' list-grouped false
zstyle ':completion:*' insert-tab false
compadd() {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
    builtin compadd "$@"
    return $?
  fi
  typeset -a __hits
  builtin compadd -A __hits "$@"
  setopt localoptions norcexpandparam extendedglob
  local __hit
  for __hit in $__hits; do echo -E - "${IPREFIX}$__hit"; done
  return 0
}
SETUP
print -r -- "source ${(q)1}" >>$setup
print -r -- 'echo ready' >>$setup
zpty -w z "source $setup"
local line
repeat 20; do
  zpty -r z line || break
  [[ $line == ready* ]] && break
done
zpty -w -n z "$2"$'\t'
local seen=0
while zpty -r z line; do
  line=${line%$'\r\n'}
  if [[ $line == *$'\0'* ]]; then
    (( seen++ )) && break
    continue
  fi
  (( seen )) && print -r -- "$line"
done
zpty -d z
rm -f $setup
