# shellcheck shell=bash
# Small texts in files, read and compared by the shell itself: to start a program costs more than the work it does.

# same_text <file> <file>: no program is started for it. A NUL, as a power cut may leave it in a file, is no text.
same_text() {
  local one='' other=''
  if [ ! -r "$1" ] || [ ! -r "$2" ]; then return 1; fi
  if IFS= read -r -d '' one <"$1" || IFS= read -r -d '' other <"$2"; then return 1; fi
  [ "$one" = "$other" ]
}

# copy_text <file> <file>: of texts that were written here.
copy_text() {
  local text=
  IFS= read -r -d '' text <"$1" || true
  printf '%s' "$text" >"$2"
}

# What nginx reads bears in its first line who wrote it.
is_written_by_us() {
  local line=
  read -r line <"$1" || true
  [[ $line == '# ragstream-edge: '* ]]
}
