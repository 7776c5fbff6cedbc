# shellcheck shell=bash
# How a file comes to where nginx reads it, and how the one before comes back.

# Workers of nginx that were there before its last reload.
OLD_WORKERS=
NOT_SWITCHED='nginx was reloaded, and a worker from before still takes connections'
PARTLY_BACK='not everything could be put back; nginx goes on with what it has loaded'

# Runs an nginx test; when it fails, prints nginx's first complaint.
nginx_complaint() {
  local said
  if said=$("$@" 2>&1); then return 0; fi
  printf '%s\n' "$said" >>"$LOG"
  grep -m 1 -E '\[(emerg|alert|crit)\]' <<<"$said" || head -n 1 <<<"$said"
  return 1
}

keep_previous_file() {
  if [ -e "$PREVIOUS_FILE" ]; then return; fi
  if [ -e "$SITE_FILE" ]; then logged cp "$SITE_FILE" "$PREVIOUS_FILE.new"; else : >"$PREVIOUS_FILE.new"; fi
  rename "$PREVIOUS_FILE.new" "$PREVIOUS_FILE"
}

# place <file> <where nginx reads it>: the rename is atomic because the new file already lies in the folder. Whole or not at
# all, also where nobody watches each act.
place() {
  name_new "$2"
  # For root alone, as nginx reads it: a cookie may be in it.
  if (umask 077 && copy_text "$1" "$NEW") 2>>"$LOG"; then
    relabel "$NEW"
    if rename "$NEW" "$2"; then return 0; fi
  fi
  rm -f "$NEW"
  return 1
}

# The test is repeated in place: another program may have written into conf.d meanwhile.
reload_nginx() {
  logged nginx -t || return
  OLD_WORKERS=$(nginx_workers)
  logged systemctl reload nginx
}

# The master's children, by their numbers.
nginx_workers() {
  local main
  main=$(systemctl show --property MainPID nginx 2>/dev/null) || return 0
  main=${main#MainPID=}
  if [ -n "$main" ] && [ "$main" != 0 ]; then cat "/proc/$main/task/$main/children" 2>/dev/null || true; fi
}

# Until no worker from before the reload takes a new connection. A reload returns before its switch, and then old and new workers
# listen side by side for about 100 ms: one answer of a new worker does not tell who answers the next visitor.
await_switch() {
  local pid said until
  read_clock
  until=$((NOW + SWITCH_WAIT))
  for pid in $OLD_WORKERS; do
    # nginx gives a worker this title right before it closes the sockets on which it listens.
    while IFS= read -rd '' said 2>/dev/null <"/proc/$pid/cmdline" && [[ $said != *'shutting down'* ]]; do
      read_clock
      if [ "$NOW" -ge "$until" ]; then
        printf '%s\n' "$NOT_SWITCHED" >>"$LOG"
        return 1
      fi
      sleep 0.02
    done
  done
}

# Nothing where no run changed it.
bring_site_file_back() {
  if [ ! -e "$PREVIOUS_FILE" ]; then return 0; fi
  if [ -s "$PREVIOUS_FILE" ]; then bring_back "$PREVIOUS_FILE" "$SITE_FILE"; else rm -f "$SITE_FILE"; fi
}

restore_nginx() {
  if ! bring_site_file_back; then
    say nginx-restore failed reason="$(last_words)"
    return 1
  fi
  reload_restored
}

reload_restored() {
  if [ ! -e "$PREVIOUS_FILE" ]; then return 0; fi
  if reload_nginx && await_switch; then
    rm -f "$PREVIOUS_FILE"
    say nginx-restore ok
  else
    say nginx-restore failed reason="$(last_words)"
  fi
}

# What was set aside for the site, its file, and last the default server, without which a long name does not load: at each moment
# nginx could be started with what is there.
bring_files_back() {
  put_unproved_back "$SITE_ASIDE" && bring_site_file_back && restore_default && drop_limits
}

# Where a part of them does not come back, nginx keeps what it has loaded.
restore_files() {
  if bring_files_back; then reload_restored; else say nginx-restore failed reason="$PARTLY_BACK"; fi
}
