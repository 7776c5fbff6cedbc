# The previous container: what a killed run left, and how to return to it.
#
# While $PREVIOUS_CONTAINER exists, $CONTAINER is not proved healthy. The names alone show how to repair a killed run. If only the previous
# container exists, it gets its name back. If both exist, the current one is checked, or removed if it is not the wanted container or
# does not run. A candidate serves until nginx uses another port.
#
# If the current container replaced somebody's own container, there is no previous one. The list of things moved aside shows it.

# When this run started the container again. It has no visitors yet, so stopping it need not wait for them.
STARTED_AGAIN=false
# The previous container has its name again, but may not run.
RECOVERED=false
# This run waited for the previous container, but it was not healthy.
HAD_ITS_TIME=false
SERVICES_RUN=false

# If nothing serves after a killed run or a crash of the host, the previous container is started now, before any slow step or any step
# that can fail. A running container is checked later.
serve_what_was() {
  SERVICES_RUN=true
  if [ "$CHECK" = true ]; then return; fi
  begin container-recover
  end_what_was_ending || fail "a container that is to end does not: $(last_words)" 'docker ps -a; systemctl restart docker, then run again'
  if [ -e "$PROVED" ]; then
    drop_marks
  elif is_running "$CONTAINER"; then
    return
  elif is_ours "$PREVIOUS_CONTAINER"; then
    if is_running "$PREVIOUS_CONTAINER"; then return; fi
    STARTED_AGAIN=true
    # After a boot Docker can still hold the port for it, and restart it again and again.
    if is_ours "$CONTAINER"; then remove_container "$CONTAINER" || true; fi
    await_holder
    if act start "$PREVIOUS_CONTAINER"; then say container-recover changed act=started reason='a run before this one did not end'; fi
  elif adoption_is_unproved; then
    STARTED_AGAIN=true
    if is_ours "$CONTAINER"; then remove_container "$CONTAINER" || true; fi
    await_holder
    restore_files || true
  elif is_ours "$CONTAINER" && [[ $STATUS == Exited* ]]; then
    STARTED_AGAIN=true
    await_holder
    if act start "$CONTAINER"; then say container-recover changed act=started reason='it did not run'; fi
  fi
}

# Checks what a killed run left unproved. True if visitors get the site all the same.
is_marked() {
  [ -e "$PREVIOUS_FILE" ] || [ -e "$SITE_ASIDE/unproved" ] || [ -e "$DEFAULT_ASIDE/unproved" ] || container "$PREVIOUS_CONTAINER"
}

is_left_unserved() {
  if [ "$LOCKED" != true ] || [ "$SERVICES_RUN" != true ] || [ -e "$PROVED" ] || ! is_marked; then return 1; fi
  ask_twice 80 "$HEALTH_PATH"
  ! is_healthy "$WANTED"
}

adoption_is_unproved() {
  local at lines=()
  if [ ! -e "$SITE_ASIDE/unproved" ] || [ ! -e "$SITE_ASIDE/list" ]; then return 1; fi
  mapfile -t lines <"$SITE_ASIDE/list"
  for ((at = $(<"$SITE_ASIDE/unproved"); at < ${#lines[@]}; at++)); do
    if [[ ${lines[at]} == 'container '* ]]; then return 0; fi
  done
  return 1
}

# If the wanted container was starting, only its health check is missing.
recover_container() {
  if container "$PREVIOUS_CONTAINER"; then
    give_up_unwanted
    if [ "$UNPROVED" = true ]; then return; fi
    act rename "$PREVIOUS_CONTAINER" "$CONTAINER"
    RECOVERED=true
    say container-recover changed reason='a run before this one did not end'
  elif adoption_is_unproved; then
    give_up_unwanted
  fi
}

give_up_unwanted() {
  is_ours "$CONTAINER" || return 0
  if is_running "$CONTAINER" && is_as_wanted "$CONTAINER"; then
    UNPROVED=true
  else
    remove_container "$CONTAINER"
  fi
}

# From now on nothing is rolled back, not even by the run after a killed one.
drop_marks() {
  if ! is_marked && [ ! -e "$PROVED" ] && [ ! -e "$GUARD.previous" ]; then return; fi
  : >"$PROVED"
  JUDGING=false
  remove_container "$PREVIOUS_CONTAINER"
  rm -f "$PREVIOUS_FILE" "$SITE_ASIDE/unproved" "$DEFAULT_ASIDE/unproved" "$DEFAULT_ASIDE/previous" "$GUARD.previous"
  rm -f "$PROVED"
}

# Returns to the previous container. Without one the new container is removed, or Docker would restart it forever. Fails if the previous
# container does not serve.
restore_container() {
  if [ "$UNPROVED" = true ] && container "$PREVIOUS_CONTAINER"; then
    remove_container "$CONTAINER"
    # If this run is killed here, the next run recognises the container by this name.
    if ! act start "$PREVIOUS_CONTAINER"; then
      say container-restore failed reason="the previous container does not start: $(last_words)"
      return 1
    fi
    act rename "$PREVIOUS_CONTAINER" "$CONTAINER"
  elif [ "$UNPROVED" = true ] && is_ours "$CONTAINER"; then
    remove_container "$CONTAINER"
    say container-restore ok reason='there was none before'
    return 0
  elif [ "$RECOVERED" != true ] || ! is_ours "$CONTAINER"; then
    return 0
  elif ! is_running "$CONTAINER"; then
    act start "$CONTAINER"
  elif [ "$HAD_ITS_TIME" = true ]; then
    return 1
  fi
  if await_health "$CONTAINER" "$(port_of "$CONTAINER")"; then
    say container-restore ok name="$CONTAINER"
  else
    say container-restore failed reason="the previous container does not say ok: $ANSWER"
    return 1
  fi
}
