# Checks the container's environment and volumes, and writes them to files in the site's folder.

# decode <variable> <file>: writes the base64 text to a file that only root can read.
decode() {
  if [ -z "${!1}" ]; then
    (umask 077 && : >"$2")
    return
  fi
  (umask 077 && printf '%s' "${!1}" | base64 -d >"$2") || fail "${1#EDGE_} is not base64" 'send lines in base64'
}

# check_lines <name> <file> <pattern> <words>. Bash drops NUL bytes while it reads, so this function searches for them first.
check_lines() {
  local line text
  if [ ! -s "$2" ]; then return; fi
  if IFS= read -r -d '' text <"$2" || [[ $text == *$'\r'* ]]; then fail "$1 holds a NUL or CR byte" "wanted: lines of $4"; fi
  while IFS= read -r line || [ -n "$line" ]; do
    [[ -z $line || $line =~ $3 ]] || fail "$1 has a line of another form" "wanted: lines of $4"
  done <"$2"
}

# Docker reads a line without "=" as "pass on this variable", and a line with # as a comment. Both are refused.
# The new file replaces the old one only when it is complete. So a run that fails here leaves the old environment.
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
