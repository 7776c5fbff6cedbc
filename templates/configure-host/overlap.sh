# Changes the container without a failed request. A candidate of the new image runs beside the old container, on its own port. nginx uses
# the candidate while the host port moves to the new container. Then the candidate is removed.
CANDIDATE_PORT=
PORT=

# Prints why the old container must stop first. Prints nothing if it need not.
why_not_overlap() {
  if ! is_running "$CONTAINER" || [ ! -s "$SITE_FILE" ]; then printf 'nothing is served yet'; return; fi
  if ! leads_here; then printf 'what was set up by hand is taken over first'; return; fi
  if [ "$EDGE_ROLLOUT" = replace ]; then printf 'the site says replace'; return; fi
  if grep -q . "$VOLUMES_FILE"; then printf 'two containers on one volume can corrupt it'; return; fi
  ask_twice "$(port_of "$CONTAINER")" "$HEALTH_PATH"
  if ! is_healthy; then printf 'what runs does not say ok'; return; fi
  why_no_memory
}

# Our file decides where nginx sends requests, and no other file must go first.
leads_here() {
  [ -s "$SITE_FILE" ] && ! adopts_files
}

# Assumes that the second container needs the memory that the first one uses now, and a quarter more. 64 MB stay for the host.
why_no_memory() {
  local available used
  available=$(awk '$1 == "MemAvailable:" { print int($2 / 1024) }' "$MEMINFO" 2>/dev/null || true)
  used=$(docker top "$CONTAINER" -eo pid,rss 2>>"$LOG" | awk 'NR > 1 { sum += $2 } END { print int(sum * 1.25 / 1024) }' || true)
  if [ -z "$available" ] || [ -z "$used" ]; then return; fi
  if [ "$available" -lt $((used + 64)) ]; then printf '%s' "memory: $available MB are free, a second container wants $((used + 64)) MB"; fi
}

# port_of <name>: the host port that a running container publishes. Docker's list also has ports that are only exposed.
port_of() {
  local published='127[.]0[.]0[.]1:([0-9]+)->'
  container "$1" || return 0
  if [[ $PORTS =~ $published ]]; then printf '%s' "${BASH_REMATCH[1]}"; fi
}

start_candidate() {
  begin candidate
  drop_candidate
  choose_port
  if ! create_container "$CANDIDATE_CONTAINER" "$PORT" no || ! act start "$CANDIDATE_CONTAINER"; then
    local why
    why=$(last_words)
    drop_candidate || true
    fail "the new container does not start: $why" "the old one runs on; see $LOG on the host"
  fi
  CANDIDATE_PORT=$PORT
  if ! await_health "$CANDIDATE_CONTAINER" "$CANDIDATE_PORT"; then
    explain_health "$CANDIDATE_CONTAINER"
    drop_candidate || true
    fail "the new container gave no ok to $HEALTH_PATH; last answer: $ANSWER; $ENDED" 'the log of the app is above; the old one runs on'
  fi
  say candidate ok port="$CANDIDATE_PORT"
  lead_to "$CANDIDATE_PORT"
  drain "$DRAIN_WAIT"
  begin container
}

# lead_to <port> [its parameters] [old container's port]. While the host port moves between two containers, docker-proxy accepts and
# resets connections. So no worker of nginx may use it, not even an old worker (`await_switch`, `drain`).
lead_to() {
  local rendering=$RENDERING file=$SITE_STATE/nginx.next
  render_site "$file" "$@"
  test_file "$file"
  keep_previous_file
  go_live "$file"
  rm -f "$file"
  RENDERING=$rendering
}

# Sets PORT to a free port that only root may use: after a killed run nginx still uses this port. The port is random, so that it does not
# become the port of another site.
choose_port() {
  local try
  for ((try = 0; try < 20; try++)); do
    PORT=$((700 + RANDOM % 150))
    if [ -z "$(ss -Hltn "sport = :$PORT")" ]; then return; fi
  done
}

drop_candidate() {
  remove_container "$CANDIDATE_CONTAINER"
}

# The candidate stays if nginx uses it and nothing else serves. The next run continues from there.
candidate_serves() {
  if [ -n "$HOLD_PORT" ]; then return 1; fi
  is_running "$CANDIDATE_CONTAINER" || return 1
  ask_twice "$(port_of "$CANDIDATE_CONTAINER")" "$HEALTH_PATH"
  is_healthy || return 1
  say candidate ok reason='it serves on until the next run'
}

# drain <milliseconds>: waits until the old workers have answered their requests. They take no new ones. An open WebSocket would keep its
# worker for hours. It breaks with its container, and the page opens another.
drain() {
  local pid until
  read_clock
  until=$((NOW_MS + $1))
  for pid in $OLD_WORKERS; do
    while [ -e "/proc/$pid" ] && [ "$NOW_MS" -lt "$until" ]; do
      sleep 0.05
      read_clock
    done
  done
  OLD_WORKERS=
}
