# shellcheck shell=bash
# Every value is checked once more on the host, against the same patterns as in the document: values stay data.

# By the table of parameters.sh.
check_values() {
  begin inputs
  local name variable pattern
  while read -r name variable pattern; do
    [[ ${!variable-} =~ $pattern ]] || fail "$name does not match $pattern" "correct $name in the site document"
  done <<<"$PARAMETERS"
}
