# A site's rules of the packet filter. The file $GUARD has one rule a line, as the arguments of iptables after -C, -I or -D.

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
