# Makes sure that the image is on the host, before anything stops.
IMAGE_ID=

# A digest names its content, so it is pulled at most once. A tag can get a new image, so its registry is asked (`is_asked_again`). If
# the registry does not answer, the image on the host is used, but not while the registry sends a new one.
#
# An unreachable registry takes long to fail, so the pull runs beside the earlier steps.
PULL=
# The exit code of the pull in the background.
STILL_PULLING=3
NOT_ASKED=4

begin_pull() {
  if [ "$CHECK" = true ]; then return; fi
  remove_files "$LOGIN_FOLDERS".*
  if [ "$EDGE_PULL" = never ] || [[ $EDGE_IMAGE == *@sha256:* ]]; then return; fi
  # The pull gets no descriptor of the lock or the output: it can live longer than a killed run and must not hold them. The pull of an
  # earlier run writes on into files without a name.
  remove_files "$SITE_STATE/pull.id" "$SITE_STATE/pull"
  ask_registry 3>&- 9>&- >"$SITE_STATE/pull.id" 2>"$SITE_STATE/pull" &
  PULL=$!
}

# Prints the id of the image that was on the host before. The output of the pull, and the reason if there was no pull, go to standard error.
ask_registry() {
  trap 'log_out; if [ -n "$FAILED_REASON" ]; then printf "%s\n" "$FAILED_REASON" >&2; fi' EXIT
  local found
  found=$(docker image inspect --format "{""{.Id}} {""{json .RepoDigests}}" "$EDGE_IMAGE" 2>/dev/null) || if [ "$?" -eq 124 ]; then exit 124; else found=; fi
  printf '%s\n' "${found%% *}"
  if [ -n "$found" ] && ! is_asked_again "${found%% *}" "${found#* }"; then exit "$NOT_ASKED"; fi
  log_in
  pull >&2 || if [ "$?" -eq 124 ]; then exit "$STILL_PULLING"; else exit 1; fi
}

# is_asked_again <id> <RepoDigests>: whether a registry's image may replace the image on the host. True if a pull of ours brought it.
# False if somebody built, loaded or renamed it here: a stranger can own a name without a host at Docker Hub. Docker's containerd store
# gives every image a digest (moby 48747), so a digest proves nothing unless it has the registry's host that the site names.
is_asked_again() {
  local first=${EDGE_IMAGE%%/*} last=${EDGE_IMAGE##*/} colon=:
  if [ "$EDGE_PULL" = always ] || was_pulled "$1"; then return 0; fi
  case $first in
    "$EDGE_IMAGE" | docker.io | index.docker.io) return 1 ;;
    *[.:]* | localhost) [[ $2 == *"\"${EDGE_IMAGE%"$last"}${last%%"$colon"*}@"* ]] ;;
    *) return 1 ;;
  esac
}

# was_pulled <id>: true if a run on this host pulled it under the name of the site's image.
was_pulled() {
  grep -qxF "$1 $EDGE_IMAGE" "$PULLED" 2>/dev/null
}

# pull [option]
pull() {
  timeout --foreground -k 5 "$PULL_WAIT" ${LOGIN[@]+env "${LOGIN[@]}"} docker pull "$@" "$EDGE_IMAGE" || return
  remember_pull
}

# A full disk must not fail the run. Then the next run does not ask the registry.
remember_pull() {
  local id
  id=$(image_id) || id=
  if [ -z "$id" ] || was_pulled "$id"; then return 0; fi
  { { tail -n 99 "$PULLED"; printf '%s %s\n' "$id" "$EDGE_IMAGE"; } >"$PULLED.new" && mv "$PULLED.new" "$PULLED"; } 2>/dev/null || true
}

still_pulling() {
  fail "image $EDGE_IMAGE was not here after $PULL_WAIT s of pulling" 'pull it on the host by hand, or make it smaller; then run again'
}

# A slow registry and a hanging engine look the same to a pull, so the engine is asked from time to time.
await_pull() {
  local code=0 watch=
  if kill -0 "$PULL" 2>/dev/null; then
    watch_engine "$PULL" 3>&- 9>&- >/dev/null 2>&1 &
    watch=$!
  fi
  wait "$PULL" || code=$?
  # Not with TERM: it can arrive before bash has removed this run's traps from the child.
  if [ -n "$watch" ]; then { kill -KILL "$watch" && wait "$watch"; } 2>/dev/null || true; fi
  if [ "$code" -eq 143 ]; then code=124; fi
  return "$code"
}

watch_engine() {
  # Ends with the run: later another process can have the pull's number.
  while sleep "$DOCKER_WAIT" && kill -0 "$$" 2>/dev/null; do
    docker version || if [ "$?" -eq 124 ]; then kill "$1"; fi
  done
}

pull_image() {
  begin image
  local before='' how=unchanged note='' code=0
  if [ -n "$PULL" ]; then
    await_pull || code=$?
    if [ "$code" -eq "$STILL_PULLING" ]; then still_pulling; fi
    if [ "$code" -eq 124 ]; then return 124; fi
    if [ "$code" -eq "$NOT_ASKED" ]; then code=0 note='no registry is asked: no run here pulled this image'; fi
    read -r before <"$SITE_STATE/pull.id" || true
  else
    before=$(image_id)
  fi
  IMAGE_ID=$before
  if [ -n "$before" ] && [ "$code" -ne 0 ]; then
    note="not pulled, using the image that is here: $(last_words "$SITE_STATE/pull")"
  elif [ -z "$before" ] || brought_another; then
    IMAGE_ID=$(image_id)
  fi
  if [ -z "$IMAGE_ID" ]; then pull_missing; fi
  if [ "$before" != "$IMAGE_ID" ]; then how=changed; fi
  say image "$how" image="$EDGE_IMAGE" id="$IMAGE_ID" reason="$note"
}

brought_another() {
  local line
  if [ ! -e "$SITE_STATE/pull" ]; then return 1; fi
  while IFS= read -r line; do
    if [[ $line == 'Status: '* ]]; then
      [[ $line != 'Status: Image is up to date'* ]]
      return
    fi
  done <"$SITE_STATE/pull"
  return 1
}

pull_missing() {
  if [ "$CHECK" = true ] && [ "$EDGE_PULL" != never ]; then
    say image would-change image="$EDGE_IMAGE" act=pull
    IMAGE_ID=
    return
  fi
  [ "$EDGE_PULL" != never ] || fail "image $EDGE_IMAGE is not on this host, and the site says pull: never" 'build or load it here, or let it be pulled'
  log_in
  local code=0
  logged pull --quiet || code=$?
  if [ "$code" -eq 124 ]; then still_pulling; fi
  [ "$code" -eq 0 ] ||
    fail "image $EDGE_IMAGE is not on this host and was not pulled: $(last_words)" 'check its name, and that this host may pull it'
  log_out
  IMAGE_ID=$(image_id)
}

image_id() {
  local id
  # Docker can print something even if the image is missing.
  if id=$(inspect image .Id "$EDGE_IMAGE" 2>/dev/null); then printf '%s' "$id"; elif [ "$?" -eq 124 ]; then return 124; fi
}
