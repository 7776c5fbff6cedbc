# Which program or container has the host port, and whether our container's name is free.

# The program on the host port by the kernel's list, if no container publishes the port.
HOST_PORT_HOLDER=

# program_at <line of ss>: the program, and its container if that uses the host's network.
program_at() {
  local id
  if [[ $1 =~ \"([^\"]*)\",pid=([0-9]+) ]]; then printf '%s (pid %s)' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"; else printf 'a program'; fi
  if [[ $1 =~ pid=([0-9]+) ]] && id=$(grep -oE -m 1 '[0-9a-f]{64}' "/proc/${BASH_REMATCH[1]}/cgroup" 2>/dev/null) && container "${id%"${id#????????????}"}"; then
    printf ' in the container %s (--network host)' "$(inspect container .Name "$ID")"
  else
    printf ', which is in no container'
  fi
}

find_foreign_container() {
  begin host-port
  local name
  for name in "$PREVIOUS_CONTAINER" "$CANDIDATE_CONTAINER" "$CONTAINER"; do
    if container "$name" && [ "$SITE" != "$EDGE_HOSTNAME" ]; then
      if [ "$name" != "$CONTAINER" ]; then
        not_ours_to_take host-port "a container named $name is there that is not ours" 'remove or rename it'
      fi
      holder_found "$name" "a container named $name is there that is not ours"
      return
    fi
  done
  await_holder
  for name in "$CONTAINER" "$PREVIOUS_CONTAINER" "$CANDIDATE_CONTAINER"; do
    if publishes "$name" "$EDGE_HOST_PORT"; then return; fi
  done
  if ! find_holder "$EDGE_HOST_PORT"; then
    if [ -z "$HOST_PORT_HOLDER" ]; then return; fi
    not_ours_to_take host-port "port $EDGE_HOST_PORT is held by $(program_at "$HOST_PORT_HOLDER")" 'stop it, or choose another port'
  fi
  if [ -n "$SITE" ]; then
    not_ours_to_take host-port "port $EDGE_HOST_PORT is held by $HOLDER" 'give each site of a host a hostPort of its own'
  fi
  holder_found "$HOLDER" "port $EDGE_HOST_PORT is held by $HOLDER"
}

# Docker takes the port before it lists the container that publishes it. It also finishes the start if the run that asked for it was
# killed.
await_holder() {
  if stays_held_for_nobody; then free_port; fi
}

stays_held_for_nobody() {
  local try
  for try in 1 2 3 4 5 6; do
    if ! is_held_for_nobody; then return 1; fi
    sleep "0.$try"
    read_containers
  done
}

is_held_for_nobody() {
  if find_holder "$EDGE_HOST_PORT"; then return 1; fi
  HOST_PORT_HOLDER=$(ss -Hltnp "sport = :$EDGE_HOST_PORT")
  [[ $HOST_PORT_HOLDER == *'"docker-proxy"'* ]]
}

# If the host went down while Docker started our container, Docker takes the port again at the boot, but never starts the container.
# Only a restart of Docker frees the port. Docker is not restarted if that would stop other containers.
free_port() {
  if [ "$CHECK" = true ]; then return; fi
  if is_ours "$CONTAINER" && [ "$STATUS" = Created ]; then remove_container "$CONTAINER" || true; fi
  if is_held_for_nobody && ! grep -qE '[|](Up|Restarting) ' <<<"$CONTAINERS"; then
    logged systemctl restart docker || service_failed docker
    await_docker
    say host-port changed restarted=docker reason="it held port $EDGE_HOST_PORT for a container that is not there"
  fi
  if stays_held_for_nobody; then not_ours_to_take host-port "Docker holds port $EDGE_HOST_PORT for a container that does not run" 'systemctl restart docker'; fi
}

# holder_found <container> <reason>
holder_found() {
  local hint=
  if [ "$EDGE_ADOPT" = true ] && [ "$1" != "$ADOPTED_CONTAINER" ] && container "$ADOPTED_CONTAINER"; then
    not_ours_to_take host-port "$2, and one that was taken over before is kept as $ADOPTED_CONTAINER" "stop $1, or docker rm $ADOPTED_CONTAINER"
  fi
  ADOPT_HOLDER=$1
  if [ "$EDGE_ADOPT" = true ]; then judge_holder "$2"; fi
  found host-port "$2" "$hint" kind=container name="$1"
}

# judge_holder <reason>: reports each setting of the container that the site's file lacks.
judge_holder() {
  local kind what how said fragment=
  export EDGE_HOST_PORT EDGE_CONTAINER_PORT EDGE_MEMORY EDGE_READ_ONLY_ROOT
  said=$(inspect_holder | python3 -I -S <(container_program) "$ENV_FILE" "$VOLUMES_FILE" "$UNIT_DIR" "$ROOT_DIR/lib/systemd/system" 2>>"$LOG") ||
    not_ours_to_take host-port "$1, and what it has was not read: $(last_words)" "docker inspect $ADOPT_HOLDER"
  while IFS=$'\037' read -r kind what how; do
    case $kind in
      refuse)
        say found ok kind=container name="$ADOPT_HOLDER" has="$what" hint="$how"
        if [ -z "$hint" ]; then hint="the site's file does not say all that it has: $what; $how"; fi
        ;;
      fragment) fragment=$what ;;
    esac
  done <<<"$said"
  # Printed alone: the line of a step cannot hold double quotes.
  if [ -n "$fragment" ]; then printf 'for the file of the site: %s\n' "$fragment"; fi
}

inspect_holder() {
  docker container inspect "$ADOPT_HOLDER"
  printf '\036'
  docker image inspect "$(inspect container .Image "$ADOPT_HOLDER")"
  printf '\036'
}

# Stopped containers of others that Docker would start on our port at the next boot.
find_claimants() {
  local name policy said others=()
  while IFS='|' read -r name STATUS HASH SITE ID PORTS; do
    if [ -n "$name" ] && [ -z "$SITE" ] && [ "$name" != "$ADOPTED_CONTAINER" ] && [[ $STATUS == Exited* || $STATUS == Created* ]]; then others+=("$ID"); fi
  done <<<"$CONTAINERS"
  if [ "${#others[@]}" -eq 0 ]; then return; fi
  said=$(docker container inspect --format "{""{.Name}} {""{.HostConfig.RestartPolicy.Name}} {""{json .HostConfig.PortBindings}}" "${others[@]}" 2>>"$LOG") || return 0
  while read -r name policy said; do
    if [ "$policy" != always ] || [[ $said != *"\"HostPort\":\"$EDGE_HOST_PORT\""* ]]; then continue; fi
    ADOPT_POLICIES+=("${name#/}")
    found host-port "${name#/} is stopped, but starts with Docker and publishes port $EDGE_HOST_PORT" '' kind=container name="${name#/}"
  done <<<"$said"
}
