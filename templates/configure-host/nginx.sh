# The server block. It is rendered, tested with the whole configuration, and only then put in place.
RENDERING=
LISTEN6=
TEXT=

site_template() { cat "$here/nginx-site.conf.template"; }

# The limits that all sites of the host share. The file exists from the first site to the last.
limits_template() { cat "$here/nginx-limits.conf.template"; }

use_template() { cat "$here/nginx-use.conf.template"; }

use_log_template() { cat "$here/nginx-use-log.conf.template"; }

# with_use: puts the log of use behind TEXT. A session is an answer of 5 s and more; what this service asks itself is no use.
with_use() {
  local text used='([5-9]|[0-9]{2,})\.'
  if [ "$EDGE_USE" = off ]; then return; fi
  if [ "$EDGE_USE" = requests ]; then used="[^|]*\|(?!/_ragstream-edge|$HEALTH_PATH\||.*\|ragstream-edge\z)"; fi
  text=$(use_log_template)
  text=${text//@NAME@/"${EDGE_HOSTNAME//./\\.}"}
  text=${text//@USED@/"$used"}
  text=${text//@USE_LOG@/"$USE_LOG"}
  # With one of ours in http, nginx would no longer write the one that it was built with.
  if ! has_finding access-log; then text+=$'\n'"access_log ${USE_LOG%/*}/access.log;"; fi
  TEXT+=$'\n'$text
}

drop_limits() {
  if [ ! -e "$SITE_FILE" ] && ! has_other_site; then remove_files "$LIMITS_FILE"; fi
}

# Without IPv6 in the kernel nginx cannot open an IPv6 socket, and would not start.
listen6() {
  LISTEN6=
  if [ -e "$IF_INET6" ]; then LISTEN6=$'\n'"    listen [::]:80$1;"; fi
}

# render_site <file> [port] [its parameters] [old container's port]: with a port, nginx uses it, and the host port only if it fails.
render_site() {
  local name value id access servers kept authorization=\$http_authorization admitted=none connections=$EDGE_CONNECTIONS uploads_per_address guesses=$EDGE_GUESSES names="$EDGE_HOSTNAME ${EDGE_ALIASES//,/ }"
  # A hash, because nginx limits the length of a variable's name (variables_hash_bucket_size).
  id=$(printf '%s' "$EDGE_HOSTNAME" | sha256sum)
  printf -v id '%.12s' "$id"
  servers="server 127.0.0.1:$EDGE_HOST_PORT;"
  # Uvicorn closes a kept connection after 5 s. With a backup none is kept: a failure on it would send the request to the backup.
  # With max_fails=0 a failed server is tried again at once, not only after 10 s.
  kept=$'\n    keepalive 32;\n    keepalive_timeout 4s;'
  if [ -n "${2-}" ]; then
    servers="server 127.0.0.1:$2 max_fails=0${3-}; server 127.0.0.1:$EDGE_HOST_PORT backup max_fails=0;"
    if [ -n "${4-}" ] && [ "$4" != "$EDGE_HOST_PORT" ]; then servers+=" server 127.0.0.1:$4 backup max_fails=0;"; fi
    kept=
  fi
  if [ -z "$connections" ]; then connections=$((WORKER_CONNECTIONS * 3 / 8)); fi
  # Four in ten of them.
  uploads_per_address=$(((EDGE_UPLOADS * 2 + 4) / 5))
  # The zone exists even without a limit.
  if [ -z "$guesses" ]; then guesses=5; fi
  listen6 ''
  TEXT=$(site_template)
  with_tls
  with_use
  access=$(access_lines)
  # The app does not need the password that nginx checked, and could log it.
  if [ -n "$USERS" ]; then
    authorization='""'
    # Only readers of the file know this name: it has another hash.
    if [ -e "$USERS" ]; then admitted=$(sha256sum - "$USERS" <<<"$EDGE_HOSTNAME" | sha256sum); fi
    printf -v admitted %.32s "$admitted"
  fi
  names=${names% }
  # The lines of access hold the id.
  for name in ADMITTED AUTHORIZATION ACCESS NAMES ID SERVERS KEPT CONNECTIONS GUESSES UPLOADS_PER_ADDRESS; do
    value=${name,,}
    TEXT=${TEXT//"@$name@"/"${!value}"}
  done
  for name in HOSTNAME CLIENT_MAX_BODY_SIZE READ_TIMEOUT CONNECTIONS_PER_ADDRESS UPLOADS; do
    value=EDGE_$name
    TEXT=${TEXT//"@$name@"/"${!value}"}
  done
  TEXT=${TEXT//@LISTEN6@/"$LISTEN6"}
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
    # An earlier run did not finish, so old workers of nginx may remain.
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

# go_live <site's file>: returns once nginx serves this file and no old worker is left.
go_live() {
  place "$1" "$SITE_FILE" || fail "$SITE_FILE was not written: $(last_words)" "the old configuration is back; see $LOG on the host"
  load_files
}

load_files() {
  reload_nginx || fail "nginx was not reloaded: $(last_words)" "the old configuration is back; see $LOG on the host"
  await "$((SWITCH_WAIT * 1000))" 0.02 rendering_is_live || fail "nginx does not serve the new block for $EDGE_HOSTNAME$(which_address)" 'another server block may answer for the name, or have the whole address: nginx -T tells'
  await_switch || fail "$NOT_SWITCHED" 'the old configuration is back; systemctl status nginx shows the workers'
}
