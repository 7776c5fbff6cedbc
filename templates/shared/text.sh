# Reads and compares small files in bash itself: starting a program would cost more than its work.

# same_text <file> <file>: starts no program. A NUL, which a power cut can leave in a file, makes them differ.
same_text() {
  local one='' other=''
  if [ ! -r "$1" ] || [ ! -r "$2" ]; then return 1; fi
  if IFS= read -r -d '' one <"$1" || IFS= read -r -d '' other <"$2"; then return 1; fi
  [ "$one" = "$other" ]
}

# copy_text <file> <file>: for texts that we wrote.
copy_text() {
  local text=
  IFS= read -r -d '' text <"$1" || true
  printf '%s' "$text" >"$2"
}
