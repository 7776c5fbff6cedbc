# shellcheck shell=bash
# A site's rules of the packet filter: $GUARD holds them, each as iptables takes it after -C, -I and -D.

# drop_rules [lines that stay]
drop_rules() {
  local rule
  local -a words
  if [ ! -e "$GUARD" ]; then return 0; fi
  while read -r rule; do
    read -ra words <<<"$rule"
    if [[ $'\n'${1-} != *$'\n'"$rule"$'\n'* ]]; then logged iptables -w -D "${words[@]}" || true; fi
  done <"$GUARD"
}
