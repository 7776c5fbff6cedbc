# shellcheck shell=bash
# The server block: rendered, tested as part of the whole configuration, and only then put in place.
#
# The test uses a copy of nginx.conf whose include of conf.d leads to a folder of links plus the candidate. The other
# way, put it in place, test it, take it back, leaves an untested file live for a moment: if the run is killed there,
# or the host reboots or somebody else reloads, nginx fails and takes every other site with it. Here no untested file
# is ever where nginx reads, and what a killed run leaves behind is read by nobody and swept by the next one.
STAGE=$NGINX_DIR/.ragstream-edge-stage
# In nginx's own folder, since relative includes resolve against the folder of the main file.
STAGE_MAIN=$NGINX_DIR/.ragstream-edge-main
RENDERING=

site_template() {
  cat "$here/../nginx-site.conf.template"
}

render_site() {
  local text id names="$EDGE_HOSTNAME ${EDGE_ALIASES//,/ }"
  # A hash, since nginx limits the length of a variable's name (variables_hash_bucket_size).
  id=$(printf '%s' "$EDGE_HOSTNAME" | sha256sum | cut -c 1-12)
  text=$(site_template)
  text=${text//@HOSTNAME@/"$EDGE_HOSTNAME"}
  text=${text//@NAMES@/"${names% }"}
  text=${text//@ID@/"$id"}
  text=${text//@HOST_PORT@/"$EDGE_HOST_PORT"}
  text=${text//@CLIENT_MAX_BODY_SIZE@/"$EDGE_CLIENT_MAX_BODY_SIZE"}
  text=${text//@READ_TIMEOUT@/"$EDGE_READ_TIMEOUT"}
  RENDERING=$(printf '%s' "$text" | sha256sum | cut -c 1-16)
  printf '%s\n' "${text//@RENDERING@/"$RENDERING"}" >"$CANDIDATE"
}

test_nginx() {
  begin nginx-test
  local complaint
  render_site
  if cmp -s "$CANDIDATE" "$SITE_FILE"; then
    say nginx-test unchanged rendering="$RENDERING"
    return
  fi
  stage_configuration
  complaint=$(nginx_complaint nginx -t -c "$STAGE_MAIN") || fail "nginx refuses the new configuration: $complaint" "the old one stays; see $LOG on the host"
  discard_stage
  say nginx-test ok rendering="$RENDERING"
}

stage_configuration() {
  local file
  discard_stage
  mkdir -p "$STAGE"
  for file in "$NGINX_DIR"/conf.d/*.conf; do
    if [ -e "$file" ]; then ln -s "$file" "$STAGE/"; fi
  done
  rm -f "$STAGE/${SITE_FILE##*/}"
  cp "$CANDIDATE" "$STAGE/${SITE_FILE##*/}"
  awk -v live="$NGINX_DIR/conf.d/" -v stage="$STAGE/" '
    $1 == "include" {
      path = $2; gsub(/["\047;]/, "", path); short = path
      if (index(short, live) == 1) short = "conf.d/" substr(short, length(live) + 1)
      if (short == "conf.d/*.conf" || short == "conf.d/*") { print "include " stage "*.conf;"; found = 1; next }
    }
    { print }
    END { exit !found }
  ' "$NGINX_DIR/nginx.conf" >"$STAGE_MAIN" ||
    fail "$NGINX_DIR/nginx.conf does not include conf.d/*.conf" "add include $NGINX_DIR/conf.d/*.conf to its http block"
}

discard_stage() {
  rm -rf "$STAGE" "$STAGE_MAIN"
}

# Runs an nginx test; when it fails, prints nginx's first complaint.
nginx_complaint() {
  local said
  if said=$("$@" 2>&1); then return 0; fi
  printf '%s\n' "$said" >>"$LOG"
  grep -m 1 -E '\[(emerg|alert|crit)\]' <<<"$said" || head -n 1 <<<"$said"
  return 1
}

# The rename is atomic because the new file already lies in the folder; the pattern *.conf does not match it there.
swap_nginx() {
  begin nginx
  if cmp -s "$CANDIDATE" "$SITE_FILE" && rendering_is_live; then
    say nginx unchanged rendering="$RENDERING"
    return
  fi
  keep_previous_file
  place "$CANDIDATE"
  reload_nginx || fail "nginx was not reloaded: $(last_words)" "the old configuration is back; see $LOG on the host"
  await_rendering || fail "nginx does not serve the new block for $EDGE_HOSTNAME" 'another server block may answer for the name: nginx -T tells'
  say nginx changed file="$SITE_FILE" rendering="$RENDERING"
}

keep_previous_file() {
  if [ -e "$PREVIOUS_FILE" ]; then return; fi
  if [ -e "$SITE_FILE" ]; then cp "$SITE_FILE" "$PREVIOUS_FILE.new"; else : >"$PREVIOUS_FILE.new"; fi
  mv -f "$PREVIOUS_FILE.new" "$PREVIOUS_FILE"
}

# place <file>: copies it to where nginx reads the site from.
place() {
  cp "$1" "$SITE_FILE.new"
  chmod 644 "$SITE_FILE.new"
  if command -v restorecon >/dev/null; then logged restorecon "$SITE_FILE.new"; fi
  mv -f "$SITE_FILE.new" "$SITE_FILE"
}

# Once more in place: another program may have written into conf.d meanwhile.
reload_nginx() {
  logged nginx -t && logged systemctl reload nginx
}

restore_nginx() {
  if [ ! -e "$PREVIOUS_FILE" ]; then return; fi
  if [ -s "$PREVIOUS_FILE" ]; then place "$PREVIOUS_FILE"; else rm -f "$SITE_FILE"; fi
  if reload_nginx; then
    rm -f "$PREVIOUS_FILE"
    say nginx-restore ok
  else
    say nginx-restore failed reason="$(last_words)"
  fi
}
