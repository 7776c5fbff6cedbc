# shellcheck shell=bash
# By hand, every value is checked against the pattern of the document, by the table of parameters.sh: values stay data. In the document
# there is no table: Systems Manager has checked them.
check_values() {
  begin inputs
  local name variable pattern
  while read -r name variable pattern; do
    [[ ${!variable-} =~ $pattern ]] || fail "$name does not match $pattern" "correct $name in the site document"
  done < <(printf '%s' "${PARAMETERS+$PARAMETERS$'\n'}")
}
