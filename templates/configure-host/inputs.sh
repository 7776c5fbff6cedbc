# shellcheck shell=bash
# Every value is checked once more on the host, against the same patterns as in the document: values stay data.

# EDGE_PARAMETERS: one line per parameter, "<name> <variable> <pattern>", generated with the document.
check_inputs() {
  begin inputs
  local name variable pattern
  while read -r name variable pattern; do
    [[ ${!variable-} =~ $pattern ]] || fail "$name does not match $pattern" "correct $name in the site document"
  done <<<"${EDGE_PARAMETERS?is generated with the document}"
  mkdir -p "$SITE_STATE" "$RUN_DIR"
  chmod 700 "$STATE_DIR" "$SITE_STATE"
  start_log
}

# The log may hold what an app printed: for root only, and one older piece is kept.
start_log() {
  if [ -s "$LOG" ] && [ "$(wc -c <"$LOG")" -gt 1000000 ]; then mv -f "$LOG" "$LOG.1"; fi
  (umask 077 && : >>"$LOG")
}

# decode <variable> <file>: base64 to a file that only root reads.
decode() {
  (umask 077 && printf '%s' "${!1}" | base64 -d >"$2.new") || fail "${1#EDGE_} is not base64" 'send lines in base64'
  mv -f "$2.new" "$2"
}

# check_lines <name> <file> <pattern> <words>: bash drops NUL bytes when it reads, so they are looked for first.
check_lines() {
  local line
  [ "$(tr -d '\000\r' <"$2" | wc -c)" -eq "$(wc -c <"$2")" ] || fail "$1 holds a NUL or CR byte" "wanted: lines of $4"
  while IFS= read -r line || [ -n "$line" ]; do
    [[ -z $line || $line =~ $3 ]] || fail "$1 has a line of another form" "wanted: lines of $4"
  done <"$2"
}

# Docker takes a line without "=" as "pass on the variable of this name", and one with # as a comment: neither is wanted.
write_container_files() {
  begin container-files
  local before
  before=$(container_files_hash)
  decode EDGE_ENV "$ENV_FILE"
  check_lines Env "$ENV_FILE" '^[A-Za-z_][A-Za-z0-9_]*=' KEY=VALUE
  decode EDGE_VOLUMES "$VOLUMES_FILE"
  check_lines Volumes "$VOLUMES_FILE" '^(/[A-Za-z0-9_.-]+)+:(/[A-Za-z0-9_.-]+)+(:ro)?$' '/host/path:/container/path[:ro]'
  if [ "$before" = "$(container_files_hash)" ]; then say container-files unchanged; else say container-files changed; fi
}

container_files_hash() {
  cat "$ENV_FILE" "$VOLUMES_FILE" 2>/dev/null | sha256sum || true
}
