# Whether the host's firewall lets in a visitor's first packet to TCP 80, and to 443 if the page is there. Reads the text of the rules and
# follows their jumps. If a rule depends on something that the text does not say (addresses, sets, limits), the answer is null.

firewall() {
  local port verdict rule fields='' ports=(80)
  if [ "$PAGE_PORT" = 443 ]; then ports+=(443); fi
  while IFS='|' read -r port verdict rule; do
    if [ "$verdict" != null ]; then verdict="\"$verdict\""; fi
    fields+=",\"port$port\":$verdict,\"rule${port#80}\":$(json_text "$rule" 200)"
  done < <(rules_of_each_tool | python3 -I -S <(firewall_program) "${ports[@]}")
  if [ -n "$fields" ]; then printf '{%s}\n' "${fields#,}"; fi
}

firewall_program() { cat "$here/firewall_rules.py"; }

# On newer systems nft also shows the rules of iptables.
rules_of_each_tool() {
  local rules
  if is_installed iptables && rules=$(timeout "$LOOK_WAIT" iptables -w -S); then printf '%s\0' "$rules"; fi
  if is_installed nft && rules=$(timeout "$LOOK_WAIT" nft list ruleset); then printf '%s\0' "$rules"; fi
}
