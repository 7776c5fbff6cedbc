# shellcheck shell=bash
# The environment and the volumes of the container, in files of the site's folder, after they were checked.

# decode <variable> <file>: base64 to a file that only root reads.
decode() {
  if [ -z "${!1}" ]; then
    (umask 077 && : >"$2")
    return
  fi
  (umask 077 && printf '%s' "${!1}" | base64 -d >"$2") || fail "${1#EDGE_} is not base64" 'send lines in base64'
}

# check_lines <name> <file> <pattern> <words>: bash drops NUL bytes when it reads, so they are looked for first.
check_lines() {
  local line text
  if [ ! -s "$2" ]; then return; fi
  if IFS= read -r -d '' text <"$2" || [[ $text == *$'\r'* ]]; then fail "$1 holds a NUL or CR byte" "wanted: lines of $4"; fi
  while IFS= read -r line || [ -n "$line" ]; do
    [[ -z $line || $line =~ $3 ]] || fail "$1 has a line of another form" "wanted: lines of $4"
  done <"$2"
}

# Docker takes a line without "=" as "pass on the variable of this name", and one with # as a comment: neither is wanted.
# The environment is complete before it is in its place, so that a run that fails here leaves the one that is in use.
write_container_files() {
  begin container-files
  local how=unchanged
  decode EDGE_ENV "$ENV_FILE.next"
  check_lines Env "$ENV_FILE.next" '^[A-Za-z_][A-Za-z0-9_]*=' KEY=VALUE
  add_secrets "$ENV_FILE.next"
  decode EDGE_VOLUMES "$VOLUMES_FILE.next"
  check_lines Volumes "$VOLUMES_FILE.next" '^(/[A-Za-z0-9_.-]+)+:(/[A-Za-z0-9_.-]+)+(:ro)?$' '/host/path:/container/path[:ro]'
  if same_text "$ENV_FILE.next" "$ENV_FILE" && same_text "$VOLUMES_FILE.next" "$VOLUMES_FILE"; then
    rm -f "$ENV_FILE.next" "$VOLUMES_FILE.next"
  else
    how=changed
    mv -f "$ENV_FILE.next" "$ENV_FILE"
    mv -f "$VOLUMES_FILE.next" "$VOLUMES_FILE"
  fi
  if [ "$CHECK" = true ]; then how=ok; fi
  say container-files "$how" secrets="$SECRETS_READ"
}
