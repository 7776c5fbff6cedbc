# shellcheck shell=bash
# Every value is checked once more on the host, against the same patterns as in the document: values stay data.

# EDGE_PARAMETERS: one line per parameter, "<name> <variable> <pattern>", generated with the document.
check_values() {
  begin inputs
  local name variable pattern
  while read -r name variable pattern; do
    [[ ${!variable-} =~ $pattern ]] || fail "$name does not match $pattern" "correct $name in the site document"
  done <<<"${EDGE_PARAMETERS?is generated with the document}"
}
