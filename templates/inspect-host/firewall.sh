# shellcheck shell=bash
# Whether the host's own firewall lets a visitor's first packet in, to TCP 80 and to 443 where the page lives there. Read from
# the text of the rules, with their jumps. Where a rule decides by what is not in the text (addresses, sets, limits), the
# answer is null and not a guess.

firewall() {
  local tools=()
  mapfile -d '' -t tools < <(rules_of_each_tool)
  if [ "${#tools[@]}" -eq 0 ]; then return; fi
  printf '{"port80":%s' "$(judged 80 rule)"
  if [ "$PAGE_PORT" = 443 ]; then printf ',"port443":%s' "$(judged 443 rule443)"; fi
  printf '}\n'
}

# What iptables writes on newer systems, nft shows as well.
rules_of_each_tool() {
  local rules
  if is_installed iptables && rules=$(timeout "$LOOK_WAIT" iptables -w -S); then printf '%s\0' "$rules"; fi
  if is_installed nft && rules=$(timeout "$LOOK_WAIT" nft list ruleset); then printf '%s\0' "$rules"; fi
}

# judged <port> <field of the rule>: of the tools of firewall. One that drops is enough; the rest is open only when all say so.
judged() {
  local tool verdict=null rule='' tables=()
  for tool in "${tools[@]}"; do
    mapfile -t -O "${#tables[@]}" tables < <(judge_rules "$1" <<<"$tool")
  done
  for_verdict closed || for_verdict null || for_verdict open
  case $verdict in closed | open) verdict="\"$verdict\"" ;; esac
  printf '%s,"%s":%s' "$verdict" "$2" "$(json_text "$rule" 200)"
}

# Of the variables of judged: the first line with this verdict.
for_verdict() {
  local line
  for line in "${tables[@]}"; do
    if [ "${line%%|*}" = "$1" ]; then
      verdict=$1 rule=${line#*|}
      return
    fi
  done
  return 1
}
