# The looks run side by side. Each returns one line.
#
# A hanging program is ended after a number of seconds. A look without an answer a moment later counts as not seen.
LOOK_WAIT=${EDGE_LOOK_WAIT-2.5}
LOOKS_END=0
declare -A LOOKS
LOOK_PIDS=()

# `timeout` starts the programs, not these functions.
docker() {
  timeout --kill-after 0.2 "$LOOK_WAIT" docker "$@"
}

nginx() {
  timeout --kill-after 0.2 "$LOOK_WAIT" nginx "$@"
}

# Starts the program, not the function of the same name.
is_installed() {
  type -P "$1" >/dev/null
}

# look <function> [argument...]
look() {
  local fd bound
  if [ "$LOOKS_END" -eq 0 ]; then
    read_clock
    printf -v bound '%.0f' "${LOOK_WAIT}e3"
    LOOKS_END=$((NOW_MS + bound + 500))
  fi
  exec {fd}< <("$@" 2>/dev/null)
  LOOK_PIDS+=("$!")
  LOOKS["$1${2+ $2}"]=$fd
}

# seen <look> [value for a look without an answer]
seen() {
  local said= left
  read_clock
  left=$((LOOKS_END - NOW_MS))
  # bash reads byte by byte. A line that has come is read to its end: on a busy host 10 ms are too short for that.
  if [ "$left" -lt 1000 ] && read -r -t 0 -u "${LOOKS[$1]}"; then left=1000; fi
  if [ "$left" -lt 10 ]; then left=10; fi
  printf -v left '%d.%03d' "$((left / 1000))" "$((left % 1000))"
  if ! IFS= read -r -t "$left" -u "${LOOKS[$1]}" said || [ -z "$said" ]; then said=${2-null}; fi
  printf '%s' "$said"
}
