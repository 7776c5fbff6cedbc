# Writes JSON from the output of programs.

# json_string <text> <most characters>: printable ASCII stays, any other byte becomes a space, so that no text of an app
# can break the object or its encoding.
json_string() {
  local text unprintable='[^[:print:]]'
  printf -v text '%.*s' "$2" "$1"
  text=${text//$unprintable/ }
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  # An escaped character counts twice. A cut inside an escape removes the whole escape.
  if [ "${#text}" -gt "$2" ]; then
    printf -v text '%.*s' "$2" "$text"
    while [[ $text =~ (^|[^\\])(\\\\)*\\$ ]]; do text=${text%\\}; done
  fi
  printf '"%s"' "$text"
}

# json_text <text> <most characters>: null for an empty text.
json_text() {
  if [ -n "$1" ]; then json_string "$1" "$2"; else printf null; fi
}

json_number() {
  if [[ $1 =~ ^[0-9]+$ ]]; then printf '%s' "$((10#$1))"; else printf null; fi
}

# json_strings <most entries> <most characters each> <text...>: without the brackets.
json_strings() {
  local most=$1 length=$2 text separator=
  shift 2
  for text in "$@"; do
    if [ "$most" -eq 0 ]; then break; fi
    most=$((most - 1))
    printf '%s' "$separator"
    json_string "$text" "$length"
    separator=,
  done
}
