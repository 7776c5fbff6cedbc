# shellcheck shell=bash
# The container before: what a killed run left of it, and the way back to it.
#
# While $PREVIOUS_CONTAINER is there, $CONTAINER is not proved. A run that was killed is mended from the names alone:
# previous without current: it takes its name again; both: the current one is judged, or given up if it is not the wanted one
# that runs. A candidate that was left serves on until nginx leads elsewhere.
#
# A current one that was to take the place of somebody's own container has no previous: the list of what was set aside tells.

# Since when: a container that this run started again has no visitors yet, and need not be waited for when it is stopped.
STARTED_AGAIN=false
# The previous one has its name again, but whether it runs was left open.
RECOVERED=false
# It was waited for, and did not say ok.
HAD_ITS_TIME=false
SERVICES_RUN=false

# Nothing serves since a run was killed, or the host went down under it: what served before is started at once, before
# anything that takes its time or fails. One that runs is judged later.
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
    # After a boot Docker may still hold the port for it, and restart it again and again.
    if is_ours "$CONTAINER"; then remove_container "$CONTAINER" || true; fi
    if act start "$PREVIOUS_CONTAINER"; then say container-recover changed act=started reason='a run before this one did not end'; fi
  elif adoption_is_unproved; then
    STARTED_AGAIN=true
    if is_ours "$CONTAINER"; then remove_container "$CONTAINER" || true; fi
    restore_files || true
  elif is_ours "$CONTAINER" && [[ $STATUS == Exited* ]]; then
    STARTED_AGAIN=true
    if act start "$CONTAINER"; then say container-recover changed act=started reason='it did not run'; fi
  fi
}

# What a killed run left without proof; then whether visitors get the site nevertheless.
is_marked() {
  [ -e "$PREVIOUS_FILE" ] || [ -e "$SITE_ASIDE/unproved" ] || [ -e "$DEFAULT_ASIDE/unproved" ] || container "$PREVIOUS_CONTAINER"
}

is_left_unserved() {
  if [ "$LOCKED" != true ] || [ "$SERVICES_RUN" != true ] || [ -e "$PROVED" ] || ! is_marked; then return 1; fi
  ask 80 "$HEALTH_PATH"
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

# Where the wanted one was on its way, only its proof is missing.
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

# From here on nothing is taken back any more, also not by a run after one that was killed on the way.
drop_marks() {
  if ! is_marked && [ ! -e "$PROVED" ] && [ ! -e "$GUARD.previous" ]; then return; fi
  : >"$PROVED"
  JUDGING=false
  remove_container "$PREVIOUS_CONTAINER"
  rm -f "$PREVIOUS_FILE" "$SITE_ASIDE/unproved" "$DEFAULT_ASIDE/unproved" "$DEFAULT_ASIDE/previous" "$GUARD.previous"
  rm -f "$PROVED"
}

# Back to the container before; without one, the new one goes, which else would be restarted for ever. Fails where that one
# does not serve.
restore_container() {
  if [ "$UNPROVED" = true ] && container "$PREVIOUS_CONTAINER"; then
    remove_container "$CONTAINER"
    # A run after one that is killed here knows it by this name.
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
