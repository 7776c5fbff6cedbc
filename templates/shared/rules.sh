# shellcheck shell=bash
# A site's rules of the packet filter: $GUARD holds them, each as iptables takes it after -C, -I and -D.

# filter -C|-I|-D <rule>
filter() {
  local -a words
  read -ra words <<<"$2"
  iptables -w "$1" "${words[@]}"
}

# drop_rules [lines that stay]
drop_rules() {
  local rule
  if [ ! -e "$GUARD" ]; then return 0; fi
  while read -r rule; do
    if [[ $'\n'${1-} != *$'\n'"$rule"$'\n'* ]]; then logged filter -D "$rule" || true; fi
  done <"$GUARD"
}
