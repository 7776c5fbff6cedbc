# Checks every value again on the host, with the document's patterns, so that values never become code.

# Uses the table of parameters.sh.
check_values() {
  begin inputs
  local name variable pattern
  while read -r name variable _ pattern; do
    [[ ${!variable-} =~ $pattern ]] || fail "$name does not match $pattern" "correct $name in the site document"
  done <<<"$PARAMETERS"
}
