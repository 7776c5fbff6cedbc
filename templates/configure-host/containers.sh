# shellcheck shell=bash
# Which containers there are: asked once for all of them, and again after each change.
CONTAINERS=

# name|status|hash label|site label|ports. Bounded, since an engine that hangs never answers. The braces of Docker's templates are put together here, because an SSM agent
# reads two of them side by side as a parameter of the document.
read_containers() {
  local o='{' c='}'
  CONTAINERS=$(timeout -k 5 "$DOCKER_WAIT" docker ps --all --format "$o$o.Names$c$c|$o$o.Status$c$c|$o$o.Label \"$HASH_LABEL\"$c$c|$o$o.Label \"$SITE_LABEL\"$c$c|$o$o.Ports$c$c" 2>>"$LOG")
}

# inspect <image|container> <expression> <name>: one field.
inspect() {
  local open='{' close='}'
  docker "$1" inspect --format "$open$open$2$close$close" "$3"
}

# Changes something about containers.
act() {
  local code=0
  logged docker "$@" || code=$?
  read_containers || true
  return "$code"
}

# container <name>: its line in LINE; fails when there is none.
container() {
  LINE=
  while IFS= read -r LINE; do
    if [ "${LINE%%|*}" = "$1" ]; then return 0; fi
  done <<<"$CONTAINERS"
  return 1
}

# A container that Docker restarts again and again counts as running.
is_running() {
  container "$1" && [[ $LINE == *"|Up "* || $LINE == *"|Restarting "* ]]
}

hash_label_of() {
  if container "$1"; then cut -d '|' -f 3 <<<"$LINE"; fi
}

site_label_of() {
  if container "$1"; then cut -d '|' -f 4 <<<"$LINE"; fi
}

# publishes <name> <host port>
publishes() {
  container "$1" && is_published "${LINE##*|}" "$2"
}

# is_published <ports as Docker lists them> <host port>: neighbours that lead to neighbours are one range there.
is_published() {
  local rest=$1 range=':([0-9]+)-([0-9]+)->(.*)'
  if [[ $rest == *":$2->"* ]]; then return 0; fi
  while [[ $rest =~ $range ]]; do
    if [ "$2" -ge "${BASH_REMATCH[1]}" ] && [ "$2" -le "${BASH_REMATCH[2]}" ]; then return 0; fi
    rest=${BASH_REMATCH[3]}
  done
  return 1
}

# The first container that publishes a port of the host.
holder_of() {
  while IFS= read -r LINE; do
    if is_published "${LINE##*|}" "$1"; then printf '%s' "${LINE%%|*}"; return; fi
  done <<<"$CONTAINERS"
}

# exit_code_of_id <id of a container>: the last one, if it ended of late. Docker's events remember it, while the state of a
# container that is started again already says 0. A time without a fraction would leave out the last second.
exit_code_of_id() {
  local o='{' c='}'
  docker events --since 15m --until -1s --filter event=die --filter "container=$1" --format "$o$o.Actor.Attributes.exitCode$c$c" 2>>"$LOG" | tail -n 1
}

# ended_with <container>: in words.
ended_with() {
  local id code=
  id=$(inspect container .Id "$1" 2>>"$LOG") || true
  if [ -n "$id" ]; then code=$(exit_code_of_id "$id") || true; fi
  if [ -n "$code" ]; then printf 'exit code %s' "$code"; else printf 'its program still runs'; fi
}
