# shellcheck shell=bash
# The container: replaced only when something about it changed, and the one before kept until the new one proved itself.
#
# While $PREVIOUS_CONTAINER is there, $CONTAINER is not proved. A run that was killed is mended from the names alone:
# previous without current: it takes its name and runs again; both: the current one is judged, or given up if it is
# not the wanted one.
WANTED_HASH=
UNPROVED=false
# True from the moment on at which a failure may have to take something back.
JUDGING=false

container_exists() {
  docker container inspect "$1" >/dev/null 2>&1
}

label_of() {
  inspect container "index .Config.Labels \"$2\"" "$1"
}

is_running() {
  [ "$(inspect container .State.Running "$1")" = true ]
}

# All that makes a container another one. The first line is the form of `run_container`: count it up when that changes.
wanted_hash() {
  {
    printf '%s\n' 1 "$IMAGE_ID" "$EDGE_HOST_PORT" "$EDGE_CONTAINER_PORT" "$EDGE_MEMORY" "$EDGE_READ_ONLY_ROOT"
    sha256sum <"$ENV_FILE"
    sha256sum <"$VOLUMES_FILE"
  } | sha256sum | cut -c 1-32
}

converge_container() {
  begin container
  JUDGING=true
  WANTED_HASH=$(wanted_hash)
  recover_container
  if container_exists "$CONTAINER" && [ "$(label_of "$CONTAINER" "$HASH_LABEL")" = "$WANTED_HASH" ]; then
    if is_running "$CONTAINER"; then
      say container unchanged name="$CONTAINER"
    else
      logged docker start "$CONTAINER" || fail "the container does not start: $(last_words)" "docker logs $CONTAINER"
      say container changed name="$CONTAINER" act=started
    fi
  else
    replace_container
    say container changed name="$CONTAINER" publish="127.0.0.1:$EDGE_HOST_PORT->$EDGE_CONTAINER_PORT"
  fi
  check_container
}

recover_container() {
  container_exists "$PREVIOUS_CONTAINER" || return 0
  if container_exists "$CONTAINER"; then
    UNPROVED=true
    if [ "$(label_of "$CONTAINER" "$HASH_LABEL")" = "$WANTED_HASH" ]; then return; fi
    logged docker rm --force "$CONTAINER"
  fi
  UNPROVED=false
  logged docker rename "$PREVIOUS_CONTAINER" "$CONTAINER"
  logged docker start "$CONTAINER"
  say container-recover changed reason='a run before this one did not end'
}

replace_container() {
  if container_exists "$CONTAINER"; then
    logged docker rename "$CONTAINER" "$PREVIOUS_CONTAINER"
    UNPROVED=true
    logged docker stop -t 10 "$PREVIOUS_CONTAINER"
  fi
  UNPROVED=true
  run_container || fail "the container does not start: $(last_words)" "see $LOG on the host"
}

# Published on the loopback address only: Docker's rules come before the host's firewall, so 0.0.0.0 would be open to all.
run_container() {
  local line options=()
  if [ -n "$EDGE_MEMORY" ]; then options+=(--memory "$EDGE_MEMORY"); fi
  if [ "$EDGE_READ_ONLY_ROOT" = true ]; then options+=(--read-only --tmpfs /tmp); fi
  while IFS= read -r line || [ -n "$line" ]; do
    if [ -n "$line" ]; then options+=(--volume "$line"); fi
  done <"$VOLUMES_FILE"
  logged docker run --detach --pull never --name "$CONTAINER" --restart unless-stopped \
    --publish "127.0.0.1:$EDGE_HOST_PORT:$EDGE_CONTAINER_PORT" \
    --security-opt no-new-privileges --env-file "$ENV_FILE" \
    --log-driver json-file --log-opt max-size=10m --log-opt max-file=3 \
    --label "$SITE_LABEL=$EDGE_HOSTNAME" --label "$HASH_LABEL=$WANTED_HASH" \
    ${options[@]+"${options[@]}"} "$EDGE_IMAGE"
}

drop_previous_container() {
  if container_exists "$PREVIOUS_CONTAINER"; then logged docker rm --force "$PREVIOUS_CONTAINER"; fi
}

# Back to the container before; without one, the new one goes, which else would be restarted for ever.
restore_container() {
  if [ "$UNPROVED" != true ]; then return; fi
  if container_exists "$PREVIOUS_CONTAINER"; then
    if container_exists "$CONTAINER"; then logged docker rm --force "$CONTAINER"; fi
    logged docker rename "$PREVIOUS_CONTAINER" "$CONTAINER"
    logged docker start "$CONTAINER"
    if await_health; then
      say container-restore ok name="$CONTAINER"
    else
      say container-restore failed reason="the previous container runs but does not say ok: $ANSWER"
    fi
  elif container_exists "$CONTAINER"; then
    logged docker rm --force "$CONTAINER"
    say container-restore ok reason='there was none before'
  fi
}
