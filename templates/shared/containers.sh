# The containers of this host: listed once, and again after each change.
CONTAINERS=
NO_WORD=
# The container that `container` found last.
STATUS=
HASH=
SITE=
ID=
PORTS=

# Every call of Docker has a time limit, because a hanging engine never answers. The run then fails with 124, and does not hang
# with the lock of the host. The engine may still do what it was asked when it wakes up: the next run checks.
docker() {
  local code=0
  timeout --foreground -k 5 "$DOCKER_WAIT" docker "$@" || code=$?
  if [ "$code" -eq 137 ]; then code=124; fi
  if [ "$code" -eq 124 ]; then printf 'Docker does not answer: no word within %s s\n' "$DOCKER_WAIT" >>"$LOG"; fi
  return "$code"
}

# name|status|hash label|site label|id|ports. Two braces of Docker's templates never stand side by side, because an SSM agent reads them
# as a parameter of the document.
read_containers() {
  local said
  said=$(docker ps --all --format "{""{.Names}}|{""{.Status}}|{""{.Label \"$HASH_LABEL\"}}|{""{.Label \"$SITE_LABEL\"}}|{""{.ID}}|{""{.Ports}}" 2>>"$LOG") || return
  CONTAINERS=$said
}

# inspect <image|container> <expression> <name>: one field.
inspect() {
  docker "$1" inspect --format "{""{$2}}" "$3"
}

# Changes something about containers.
act() {
  local code=0 wait=$DOCKER_WAIT
  DOCKER_WAIT=$ACT_WAIT
  logged docker "$@" || code=$?
  DOCKER_WAIT=$wait
  if [ "$code" -eq 124 ]; then engine_hangs; fi
  read_containers || true
  return "$code"
}

# From here on the time limit is shorter: a run has to end, and to take back what it can.
engine_hangs() {
  NO_WORD="Docker does not answer: no word within $ACT_WAIT s"
  if [ "$DOCKER_WAIT" -gt 5 ]; then DOCKER_WAIT=5; fi
  ACT_WAIT=$DOCKER_WAIT
}

# container <name or id>: sets STATUS, HASH, SITE, ID and PORTS; fails when there is no such container.
container() {
  local name
  while IFS='|' read -r name STATUS HASH SITE ID PORTS; do
    if [ "$name" = "$1" ] || [ "$ID" = "$1" ]; then return 0; fi
  done <<<"$CONTAINERS"
  STATUS='' HASH='' SITE='' ID='' PORTS=''
  return 1
}

# A container that Docker restarts again and again counts as running.
is_running() {
  container "$1" && [[ $STATUS == 'Up '* || $STATUS == 'Restarting '* ]]
}

# mark_ending <stop|rm> <name>: Docker goes on with a stop or a removal even if the run that asked for it ends. Meanwhile $ENDING
# holds the act and the id. Not the name: by then another container may have it.
mark_ending() {
  if container "$2"; then { printf '%s %s\n' "$1" "$ID" >"$ENDING"; } 2>>"$LOG" || true; fi
}

# stop_container <name>
stop_container() {
  # Seconds in which the app may finish its requests. Python that has just started ignores the signal to stop.
  local wait=10
  if [ "$STARTED_AGAIN" = true ]; then wait=1; fi
  mark_ending stop "$1"
  act stop -t "$wait" "$1" || fail "the container $1 does not stop: $(last_words)" 'docker ps -a; systemctl restart docker, then run again'
  remove_files "$ENDING"
}

# remove_container <name or id>: waits until it is gone, also if another run asked for the removal. Fails when it stays.
remove_container() {
  local tries code
  if ! container "$1"; then return 0; fi
  mark_ending rm "$1"
  for ((tries = 0; tries < 50; tries++)); do
    if [ "$tries" -gt 0 ]; then sleep 0.2; fi
    code=0
    act rm --force "$1" || code=$?
    if ! container "$1"; then
      remove_files "$ENDING"
      return 0
    fi
    if [ "$code" -eq 124 ]; then return 124; fi
  done
  printf 'the container %s is being removed, and does not go\n' "$1" >>"$LOG"
  return 1
}

# Waits for stops and removals that an earlier run asked for, or this run before it failed. A container that is being stopped
# still answers for a while, and a start does nothing. Also finishes a removal during which the host went down: Docker never
# starts that container again. Fails when a container does not end.
end_what_was_ending() {
  local verb='' id='' name
  for name in "$CONTAINER" "$PREVIOUS_CONTAINER" "$CANDIDATE_CONTAINER"; do
    if is_ours "$name" && [[ $STATUS == Dead* || $STATUS == 'Removal '* ]]; then remove_container "$name" || return; fi
  done
  if [ ! -e "$ENDING" ]; then return 0; fi
  read -r verb id <"$ENDING" || true
  if [ "$verb" = rm ] && [ -n "$id" ]; then remove_container "$id" || return; fi
  # A container with another name was given back meanwhile.
  for name in "$PREVIOUS_CONTAINER" "$ADOPTED_CONTAINER"; do
    if [ "$verb" = stop ] && is_running "$name" && [ "$ID" = "$id" ]; then act stop -t 10 "$name" || return; fi
  done
  remove_files "$ENDING"
}

is_ours() {
  container "$1" && [ "$SITE" = "$EDGE_HOSTNAME" ]
}

is_as_wanted() {
  container "$1" && [ "$HASH" = "$WANTED_HASH" ]
}

# publishes <name> <host port>
publishes() {
  container "$1" && is_published "$2"
}

# is_published <host port>: whether PORTS has it. Docker joins neighbouring ports into one range.
is_published() {
  local rest=$PORTS range=':([0-9]+)-([0-9]+)->(.*)'
  if [[ $rest == *":$1->"* ]]; then return 0; fi
  while [[ $rest =~ $range ]]; do
    if [ "$1" -ge "${BASH_REMATCH[1]}" ] && [ "$1" -le "${BASH_REMATCH[2]}" ]; then return 0; fi
    rest=${BASH_REMATCH[3]}
  done
  return 1
}

# find_holder <port of the host>: sets HOLDER to the first container that publishes the port, and SITE to its site; fails when there is none.
find_holder() {
  while IFS='|' read -r HOLDER STATUS HASH SITE ID PORTS; do
    if is_published "$1"; then return 0; fi
  done <<<"$CONTAINERS"
  HOLDER=
  return 1
}

# Without its own rules Docker lets every container reach every other.
keeps_apart() {
  ! grep -qs '"iptables"[[:space:]]*:[[:space:]]*false' "$ROOT_DIR/etc/docker/daemon.json"
}

# exit_code_of_id <id of a container>: its last exit code, if it ended recently. Docker's events keep the code, while the state of a
# restarted container already has 0. A time without a fraction would leave out the last second.
exit_code_of_id() {
  docker events --since 15m --until -1s --filter event=die --filter "container=$1" --format "{""{.Actor.Attributes.exitCode}}" 2>>"$LOG" | tail -n 1
}

# ended_with <container>: in words.
ended_with() {
  local id code=
  id=$(inspect container .Id "$1" 2>>"$LOG") || true
  if [ -n "$id" ]; then code=$(exit_code_of_id "$id") || true; fi
  if [ -n "$code" ]; then printf 'exit code %s' "$code"; else printf 'its program still runs'; fi
}
