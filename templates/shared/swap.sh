# Puts a file where nginx reads it, and restores the old one.

# nginx's workers from before the last reload.
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

# place <file> <where nginx reads it>: the rename is atomic, because the new file is already in the folder. So the file is complete or
# unchanged, even after a crash.
place() {
  name_new "$2"
  # Only root can read it, as nginx does: it can contain a cookie.
  if (umask 077 && copy_text "$1" "$NEW") 2>>"$LOG"; then
    relabel "$NEW"
    if rename "$NEW" "$2"; then return 0; fi
  fi
  rm -f "$NEW"
  return 1
}

# The test is repeated in place: another program may have changed conf.d since.
reload_nginx() {
  logged nginx -t || return
  OLD_WORKERS=$(nginx_workers)
  logged systemctl reload nginx
}

# The process ids of the master's children.
nginx_workers() {
  local main
  main=$(systemctl show --property MainPID nginx 2>/dev/null) || return 0
  main=${main#MainPID=}
  if [ -n "$main" ] && [ "$main" != 0 ]; then cat "/proc/$main/task/$main/children" 2>/dev/null || true; fi
}

# Waits until no old worker takes a new connection. A reload returns early: for about 100 ms old and new workers both listen, so one answer
# of a new worker proves nothing about the next visitor.
await_switch() {
  if await "$((SWITCH_WAIT * 1000))" 0.02 old_workers_let_go; then return 0; fi
  printf '%s\n' "$NOT_SWITCHED" >>"$LOG"
  return 1
}

# nginx gives a worker this title right before it closes the sockets on which it listens.
old_workers_let_go() {
  local pid said
  for pid in $OLD_WORKERS; do
    if IFS= read -rd '' said 2>/dev/null <"/proc/$pid/cmdline" && [[ $said != *'shutting down'* ]]; then return 1; fi
  done
}

# Does nothing if no run changed it.
bring_site_file_back() {
  if [ ! -e "$PREVIOUS_FILE" ]; then return 0; fi
  if [ -s "$PREVIOUS_FILE" ]; then bring_back "$PREVIOUS_FILE" "$SITE_FILE"; else rm -f "$SITE_FILE"; fi
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

# Restores the files that were moved aside, the site's file, and last the default server, which a long name needs. So nginx could start at
# any moment.
bring_files_back() {
  put_unproved_back "$SITE_ASIDE" && bring_site_file_back && restore_default && drop_limits
}

# If a file cannot be restored, nginx keeps its loaded configuration.
restore_files() {
  if bring_files_back; then reload_restored; else say nginx-restore failed reason="$PARTLY_BACK"; fi
}
