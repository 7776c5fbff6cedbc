# The container. It is replaced only when one of its values changed. The old container is kept until the new one is healthy.
WANTED_HASH=
UNPROVED=false
# True once a failure needs a roll-back.
JUDGING=false
# True while a new container starts and visitors are neither served nor held. Then nginx may use its port before it is healthy.
NOBODY_SERVED=false
# When the site's gap began, by a monotonic clock. Empty: there was no gap.
GAP_FROM=

# The values that make a new container necessary. The first line is the version of `create_container`: a higher number replaces every
# container at the next run. A newer field counts only if it differs from its default, so that running containers stay.
want_hash() {
  local env volumes later=()
  if [ -n "$EDGE_HOST_PORTS" ]; then later+=("ports $EDGE_HOST_PORTS"); fi
  if [ "$EDGE_PIDS" != 4096 ]; then later+=("pids $EDGE_PIDS"); fi
  if [ "$EDGE_TMP_SIZE" != 1g ] && [ "$EDGE_READ_ONLY_ROOT" = true ]; then later+=("tmp $EDGE_TMP_SIZE"); fi
  {
    read -r env _
    read -r volumes _
  } < <(sha256sum "$ENV_FILE" "$VOLUMES_FILE")
  WANTED_HASH=$(printf '%s\n' 2 "$IMAGE_ID" "$EDGE_HOST_PORT" "$EDGE_CONTAINER_PORT" "$EDGE_MEMORY" "$EDGE_READ_ONLY_ROOT" "$EDGE_METADATA" \
    "$env  -" "$volumes  -" ${later[@]+"${later[@]}"} | sha256sum)
  printf -v WANTED_HASH '%.32s' "$WANTED_HASH"
}

converge_container() {
  begin container
  want_hash
  if [ "$CHECK" = true ]; then
    say_what_container_would
    return
  fi
  JUDGING=true
  recover_container
  adopt_policies
  if is_as_wanted "$CONTAINER" && [ -z "$ADOPT_HOLDER" ]; then
    keep_container
  else
    roll_out
  fi
}

say_what_container_would() {
  if ! is_as_wanted "$CONTAINER"; then say container would-change name="$CONTAINER" rollout="$EDGE_ROLLOUT"
  elif is_running "$CONTAINER"; then say container unchanged name="$CONTAINER"
  else say container would-change name="$CONTAINER" act=start
  fi
}

keep_container() {
  if is_running "$CONTAINER"; then
    if ! is_where_rules_hold; then ensure_network; fi
    say container unchanged name="$CONTAINER"
    ask_all
    return
  fi
  read_mode
  if [ "$MODE" != "$NETWORK" ]; then
    roll_out
    return
  fi
  ensure_network
  act start "$CONTAINER" || fail "the container does not start: $(last_words)" "docker logs $CONTAINER"
  say container changed name="$CONTAINER" act=started
}

# Docker cannot publish another port of a container that exists. So an overlap also ends with a container on the host port. If Docker
# refuses to create it, the run fails before anything stops.
roll_out() {
  local why
  why=$(why_not_overlap)
  ensure_network
  if [ -z "$why" ]; then start_candidate; fi
  if [ -n "$ADOPT_HOLDER" ]; then adopt_container; fi
  if container "$CONTAINER"; then act rename "$CONTAINER" "$PREVIOUS_CONTAINER"; fi
  UNPROVED=true
  create_container "$CONTAINER" "$EDGE_HOST_PORT" unless-stopped || fail "the container was not made: $(last_words)" "see $LOG on the host"
  refuse_flushed_chains
  stop_what_was
  act start "$CONTAINER" || fail "the container does not start: $(last_words)" "see $LOG on the host"
  if [ -n "$CANDIDATE_PORT" ]; then why=; elif [ -z "$HOLD_PORT" ]; then NOBODY_SERVED=true; fi
  say container changed name="$CONTAINER" publish="127.0.0.1:$EDGE_HOST_PORT->$EDGE_CONTAINER_PORT" rollout="$(rollout_done)" reason="$why"
}

begin_gap() {
  if [ -n "$GAP_FROM" ]; then return; fi
  read_clock
  GAP_FROM=$NOW_MS
}

rollout_done() {
  if [ -n "$CANDIDATE_PORT" ]; then printf overlap; elif [ -n "$GAP_FROM" ]; then printf replace; else printf first; fi
}

stop_what_was() {
  if [ -n "$ADOPT_HOLDER" ]; then
    if [ -z "$CANDIDATE_PORT" ] && ! is_running "$PREVIOUS_CONTAINER"; then begin_gap; fi
    stop_container "$ADOPTED_CONTAINER"
  fi
  if ! container "$PREVIOUS_CONTAINER"; then return; fi
  if [ -z "$CANDIDATE_PORT" ] && is_running "$PREVIOUS_CONTAINER"; then
    if leads_here && [ -z "$ADOPT_HOLDER" ]; then hold_visitors; fi
    begin_gap
  fi
  stop_container "$PREVIOUS_CONTAINER"
}

# True if somebody emptied the tables of iptables. Then Docker cannot start a container that publishes a port. Running containers are
# still reached through docker-proxy. False if Docker does not use these tables.
refuse_flushed_chains() {
  if ! type -P iptables >/dev/null || iptables -w -t nat -n -L DOCKER >/dev/null 2>&1; then return; fi
  if grep -qsE '"(iptables|firewall-backend)"' "$ROOT_DIR/etc/docker/daemon.json" || systemctl show --property ExecStart docker | grep -qE 'iptables=|firewall-backend'; then return; fi
  fail "Docker's chains are gone from iptables (firewalld, ufw or a script emptied the tables): no container could be started" 'systemctl restart docker, then run again'
}

# create_container <name> <port> <restart policy>. Docker takes the port when the container starts. The port is published on the
# loopback address only: Docker's rules come before the host's firewall, so 0.0.0.0 would be open to everybody.
create_container() {
  local line options=()
  if [ -n "$EDGE_MEMORY" ]; then options+=(--memory "$EDGE_MEMORY"); fi
  if [ -n "$EDGE_HOST_PORTS" ]; then options+=(--add-host host.docker.internal:host-gateway); fi
  if [ "$EDGE_READ_ONLY_ROOT" = true ]; then options+=(--read-only --tmpfs "/tmp:size=$EDGE_TMP_SIZE"); fi
  while IFS= read -r line || [ -n "$line" ]; do
    if [ -n "$line" ]; then options+=(--volume "$line"); fi
  done <"$VOLUMES_FILE"
  act create --pull never --name "$1" --restart "$3" \
    --publish "127.0.0.1:$2:$EDGE_CONTAINER_PORT" --network "$NETWORK" \
    --security-opt no-new-privileges --cap-drop NET_RAW --pids-limit "$EDGE_PIDS" --env-file "$ENV_FILE" \
    --log-driver json-file --log-opt max-size=10m --log-opt max-file=3 \
    --label "$SITE_LABEL=$EDGE_HOSTNAME" --label "$HASH_LABEL=$WANTED_HASH" \
    ${options[@]+"${options[@]}"} "$EDGE_IMAGE"
}
