# prints what bash completes, one word per line: complete.bash SCRIPT LINE
source "$1"
COMP_LINE=$2
COMP_POINT=${#COMP_LINE}
# bash splits words at = and : too, and each run of them is a word
COMP_WORDS=()
while read -r word; do COMP_WORDS+=("$word"); done < <(
  grep -oE '[^[:space:]=:]+|[=:]+' <<<"$COMP_LINE"
)
[[ $COMP_LINE == *" " ]] && COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_peerwire
current=${COMP_WORDS[COMP_CWORD]}
[[ $current == [=:]* ]] && current=
# what readline shows: the completed word behind what it does not replace
before=${COMP_LINE%"$current"}
before=${before##*[[:space:]]}
for word in "${COMPREPLY[@]}"; do printf '%s\n' "$before$word"; done
