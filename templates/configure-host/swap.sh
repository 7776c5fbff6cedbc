# shellcheck shell=bash
# How a file comes to where nginx reads it, and how the one before comes back.

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

# place <file> <where nginx reads it>: the rename is atomic because the new file already lies in the folder; the
# pattern *.conf does not match it there.
place() {
  copy_text "$1" "$2.new"
  relabel "$2.new"
  mv -f "$2.new" "$2"
}

# Once more in place: another program may have written into conf.d meanwhile.
reload_nginx() {
  logged nginx -t && logged systemctl reload nginx
}

restore_nginx() {
  if [ ! -e "$PREVIOUS_FILE" ]; then return; fi
  if [ -s "$PREVIOUS_FILE" ]; then place "$PREVIOUS_FILE" "$SITE_FILE"; else rm -f "$SITE_FILE"; fi
  if reload_nginx; then
    rm -f "$PREVIOUS_FILE" "$SITE_STATE/nginx.overlap"
    say nginx-restore ok
  else
    say nginx-restore failed reason="$(last_words)"
  fi
}
