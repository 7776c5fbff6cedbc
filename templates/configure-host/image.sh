# shellcheck shell=bash
# The image, before anything is stopped for it.
IMAGE_ID=

# A digest names its content, so it is pulled at most once. A tag may have moved: its registry is asked (`is_asked_again`),
# and if that does not answer, the image that is here is used; but not if it is still sending a new one.
#
# Asking takes as long as the registry is away, so it goes on beside what comes before.
PULL=
# What a pull in the background ends with.
STILL_PULLING=3
NOT_ASKED=4

begin_pull() {
  if [ "$CHECK" = true ]; then return; fi
  sweep_logins
  if [ "$EDGE_PULL" = never ] || [[ $EDGE_IMAGE == *@sha256:* ]]; then return; fi
  # Without the descriptors of the lock and of the output: a pull that outlives a killed run must not hold them.
  ask_registry 3>&- 9>&- >"$SITE_STATE/pull.id" 2>"$SITE_STATE/pull" &
  PULL=$!
}

# Prints the id that was here before; what the pull says goes to standard error, with the reason if there was none.
ask_registry() {
  trap 'log_out; if [ -n "$FAILED_REASON" ]; then printf "%s\n" "$FAILED_REASON" >&2; fi' EXIT
  local o='{' c='}' found
  found=$(docker image inspect --format "$o$o.Id$c$c $o${o}json .RepoDigests$c$c" "$EDGE_IMAGE" 2>/dev/null) || if [ "$?" -eq 124 ]; then exit 124; else found=; fi
  printf '%s\n' "${found%% *}"
  if [ -n "$found" ] && ! is_asked_again "${found%% *}" "${found#* }"; then exit "$NOT_ASKED"; fi
  log_in
  pull >&2 || if [ "$?" -eq 124 ]; then exit "$STILL_PULLING"; else exit 1; fi
}

# is_asked_again <id> <RepoDigests>: whether a registry's image may take the place of the one that is here. One that our own pull
# brought, yes. One that was built, loaded or renamed here, no: where its name bears no host, anybody may hold that name at Docker's
# own registry. Docker's containerd store gives a digest to every image (moby 48747), so a digest proves a registry only together
# with its host, and that host is one that the site names.
is_asked_again() {
  local first=${EDGE_IMAGE%%/*} last=${EDGE_IMAGE##*/} colon=:
  if [ "$EDGE_PULL" = always ] || was_pulled "$1"; then return 0; fi
  case $first in
    "$EDGE_IMAGE" | docker.io | index.docker.io) return 1 ;;
    *[.:]* | localhost) [[ $2 == *"\"${EDGE_IMAGE%"$last"}${last%%"$colon"*}@"* ]] ;;
    *) return 1 ;;
  esac
}

# was_pulled <id>: by a run on this host, under the name of the site's image.
was_pulled() {
  grep -qxF "$1 $EDGE_IMAGE" "$PULLED" 2>/dev/null
}

# pull [option]
pull() {
  timeout --foreground -k 5 "$PULL_WAIT" ${LOGIN[@]+env "${LOGIN[@]}"} docker pull "$@" "$EDGE_IMAGE" || return
  remember_pull
}

# A full disk must not fail a run: then the next one does not ask.
remember_pull() {
  local id
  id=$(image_id) || id=
  if [ -z "$id" ] || was_pulled "$id"; then return 0; fi
  { { tail -n 99 "$PULLED"; printf '%s %s\n' "$id" "$EDGE_IMAGE"; } >"$PULLED.new" && mv "$PULLED.new" "$PULLED"; } 2>/dev/null || true
}

still_pulling() {
  fail "image $EDGE_IMAGE was not here after $PULL_WAIT s of pulling" 'pull it on the host by hand, or make it smaller; then run again'
}

# A registry that is slow and an engine that hangs look the same from a pull: now and then the engine is asked for a word.
await_pull() {
  local code=0 watch=
  if kill -0 "$PULL" 2>/dev/null; then
    watch_engine "$PULL" 3>&- 9>&- >/dev/null 2>&1 &
    watch=$!
  fi
  wait "$PULL" || code=$?
  # Not by TERM, which may come before bash has taken the traps of this run from it.
  if [ -n "$watch" ]; then { kill -KILL "$watch" && wait "$watch"; } 2>/dev/null || true; fi
  if [ "$code" -eq 143 ]; then code=124; fi
  return "$code"
}

watch_engine() {
  # Not longer than the run: after it, the number of the pull may be that of any other process.
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
  # For an image that is not there, docker may print something nevertheless.
  if id=$(inspect image .Id "$EDGE_IMAGE" 2>/dev/null); then printf '%s' "$id"; elif [ "$?" -eq 124 ]; then return 124; fi
}
