# shellcheck shell=bash
# How a file comes to where nginx reads it, and how the one before comes back.

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
  if [ -e "$SITE_FILE" ]; then cp "$SITE_FILE" "$PREVIOUS_FILE.new"; else : >"$PREVIOUS_FILE.new"; fi
  mv -f "$PREVIOUS_FILE.new" "$PREVIOUS_FILE"
}

# place <file> <where nginx reads it>: the rename is atomic because the new file already lies in the folder. Whole or not at
# all, also where nobody watches each act.
place() {
  name_new "$2"
  if copy_text "$1" "$NEW" 2>>"$LOG"; then
    relabel "$NEW"
    if logged mv -f "$NEW" "$2"; then return 0; fi
  fi
  rm -f "$NEW"
  return 1
}

# Once more in place: another program may have written into conf.d meanwhile.
reload_nginx() {
  logged nginx -t && logged systemctl reload nginx
}

restore_nginx() {
  if [ ! -e "$PREVIOUS_FILE" ]; then return 0; fi
  if [ ! -s "$PREVIOUS_FILE" ]; then
    rm -f "$SITE_FILE"
  elif ! bring_back "$PREVIOUS_FILE" "$SITE_FILE"; then
    say nginx-restore failed reason="$(last_words)"
    return 1
  fi
  if reload_nginx; then
    rm -f "$PREVIOUS_FILE"
    say nginx-restore ok
  else
    say nginx-restore failed reason="$(last_words)"
  fi
}

# Of nginx: first what was set aside, then the site's file. Where a part of it does not come back, nginx keeps what it has loaded.
restore_files() {
  local all=true
  restore_default || all=false
  put_unproved_back "$SITE_ASIDE" || all=false
  if [ "$all" = true ]; then restore_nginx; else say nginx-restore failed reason="$PARTLY_BACK"; fi
}
