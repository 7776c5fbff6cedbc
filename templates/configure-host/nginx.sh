# shellcheck shell=bash
# The server block: rendered, tested as part of the whole configuration, and only then put in place.
RENDERING=
LISTEN6=
TEXT=

site_template() {
  cat "$here/nginx-site.conf.template"
}

# What all sites of the host count in. It is there before the first of them, and goes after the last.
limits_template() {
  cat "$here/nginx-limits.conf.template"
}

drop_limits() {
  if [ ! -e "$SITE_FILE" ] && ! has_other_site; then remove_files "$LIMITS_FILE"; fi
}

# Where the kernel has no IPv6, nginx cannot open a socket of it and would not start.
listen6() {
  LISTEN6=
  if [ -e "$IF_INET6" ]; then LISTEN6=$'\n'"    listen [::]:80$1;"; fi
}

# render_site <file> [port] [its parameters] [port of the container before]: with a port, that is asked, and the host ports only
# where it fails.
render_site() {
  local id access servers kept authorization='$http_authorization' admitted=none connections=$EDGE_CONNECTIONS uploads guesses=$EDGE_GUESSES names="$EDGE_HOSTNAME ${EDGE_ALIASES//,/ }"
  # A hash, since nginx limits the length of a variable's name (variables_hash_bucket_size).
  id=$(printf '%s' "$EDGE_HOSTNAME" | sha256sum)
  printf -v id '%.12s' "$id"
  servers="server 127.0.0.1:$EDGE_HOST_PORT;"
  # Uvicorn closes after 5 s. Beside a backup none is kept: what fails on a kept connection would be sent there. And by
  # max_fails=0 one that failed is asked again at once, not only after 10 s.
  kept=$'\n    keepalive 32;\n    keepalive_timeout 4s;'
  if [ -n "${2-}" ]; then
    servers="server 127.0.0.1:$2 max_fails=0${3-}; server 127.0.0.1:$EDGE_HOST_PORT backup max_fails=0;"
    if [ -n "${4-}" ] && [ "$4" != "$EDGE_HOST_PORT" ]; then servers+=" server 127.0.0.1:$4 backup max_fails=0;"; fi
    kept=
  fi
  if [ -z "$connections" ]; then connections=$((WORKER_CONNECTIONS * 3 / 8)); fi
  # Four in ten of them.
  uploads=$(((EDGE_UPLOADS * 2 + 4) / 5))
  # Without a limit the zone is there nevertheless.
  if [ -z "$guesses" ]; then guesses=5; fi
  listen6 ''
  TEXT=$(site_template)
  with_tls
  access=$(access_lines)
  # The app has no use for a password of nginx, and may log what it gets.
  if [ -n "$USERS" ]; then
    authorization='""'
    # Nobody knows it who does not know the file: its name has another hash.
    if [ -e "$USERS" ]; then admitted=$(sha256sum - "$USERS" <<<"$EDGE_HOSTNAME" | sha256sum); fi
    printf -v admitted %.32s "$admitted"
  fi
  TEXT=${TEXT//@ADMITTED@/"$admitted"}
  TEXT=${TEXT//@AUTHORIZATION@/"$authorization"}
  TEXT=${TEXT//@ACCESS@/"$access"}
  TEXT=${TEXT//@HOSTNAME@/"$EDGE_HOSTNAME"}
  TEXT=${TEXT//@NAMES@/"${names% }"}
  TEXT=${TEXT//@ID@/"$id"}
  TEXT=${TEXT//@SERVERS@/"$servers"}
  TEXT=${TEXT//@KEPT@/"$kept"}
  TEXT=${TEXT//@LISTEN6@/"$LISTEN6"}
  TEXT=${TEXT//@CLIENT_MAX_BODY_SIZE@/"$EDGE_CLIENT_MAX_BODY_SIZE"}
  TEXT=${TEXT//@READ_TIMEOUT@/"$EDGE_READ_TIMEOUT"}
  TEXT=${TEXT//@CONNECTIONS_PER_ADDRESS@/"$EDGE_CONNECTIONS_PER_ADDRESS"}
  TEXT=${TEXT//@CONNECTIONS@/"$connections"}
  TEXT=${TEXT//@GUESSES@/"$guesses"}
  TEXT=${TEXT//@UPLOADS@/"$EDGE_UPLOADS"}
  TEXT=${TEXT//@UPLOADS_PER_ADDRESS@/"$uploads"}
  RENDERING=$(printf '%s' "$TEXT" | sha256sum)
  printf -v RENDERING '%.16s' "$RENDERING"
  printf '%s\n' "${TEXT//@RENDERING@/"$RENDERING"}" >"$1"
}

test_nginx() {
  begin nginx-test
  render_site "$CANDIDATE"
  limits_template >"$LIMITS_CANDIDATE"
  if site_file_is_as_wanted; then
    say nginx-test unchanged rendering="$RENDERING"
    return
  fi
  test_file "$CANDIDATE"
  say nginx-test ok rendering="$RENDERING"
}

# test_file <file of the site>
test_file() {
  local complaint
  stage_configuration "$1"
  complaint=$(nginx_complaint nginx -t -c "$STAGE_MAIN") || fail "nginx refuses the new configuration: $complaint" "the old one stays; see $LOG on the host"
  discard_stage
}

site_file_is_as_wanted() {
  same_text "$CANDIDATE" "$SITE_FILE" && same_text "$LIMITS_CANDIDATE" "$LIMITS_FILE" && default_is_as_wanted && ! adopts_files
}

swap_nginx() {
  begin nginx
  if site_file_is_as_wanted && rendering_is_live; then
    # A run before this one did not end: nobody knows whether workers from before its reload are left.
    if [ -e "$PREVIOUS_FILE" ] && [ "$CHECK" != true ]; then load_files; fi
    say nginx unchanged rendering="$RENDERING"
    return
  fi
  if [ "$CHECK" = true ]; then
    say nginx would-change file="$SITE_FILE" rendering="$RENDERING"
    return
  fi
  keep_previous_file
  same_text "$LIMITS_CANDIDATE" "$LIMITS_FILE" || place "$LIMITS_CANDIDATE" "$LIMITS_FILE" || fail "$LIMITS_FILE was not written: $(last_words)" "nothing has changed; see $LOG on the host"
  adopt_files
  take_default
  go_live "$CANDIDATE"
  say nginx changed file="$SITE_FILE" rendering="$RENDERING"
}

# go_live <file of the site>: back only when nginx serves it, and nothing else any more.
go_live() {
  place "$1" "$SITE_FILE" || fail "$SITE_FILE was not written: $(last_words)" "the old configuration is back; see $LOG on the host"
  load_files
}

load_files() {
  reload_nginx || fail "nginx was not reloaded: $(last_words)" "the old configuration is back; see $LOG on the host"
  await_rendering || fail "nginx does not serve the new block for $EDGE_HOSTNAME$(which_address)" 'another server block may answer for the name, or have the whole address: nginx -T tells'
  await_switch || fail "$NOT_SWITCHED" 'the old configuration is back; systemctl status nginx shows the workers'
}
