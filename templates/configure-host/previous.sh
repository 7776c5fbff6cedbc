# shellcheck shell=bash
# The container before: what a killed run left of it, and the way back to it.
#
# While $PREVIOUS_CONTAINER is there, $CONTAINER is not proved. A run that was killed is mended from the names alone:
# previous without current: it takes its name again, and is started if it is the wanted one (else it would only be
# stopped again, and Python that has just started does not hear that for 10 s); both: the current one is judged, or given
# up if it is not the wanted one. A candidate that was left serves on until nginx leads elsewhere.

# Where the wanted one was on its way, only its proof is missing.
recover_container() {
  container "$PREVIOUS_CONTAINER" || return 0
  if container "$CONTAINER"; then
    UNPROVED=true
    if is_as_wanted "$CONTAINER"; then return; fi
    act rm --force "$CONTAINER"
  fi
  UNPROVED=false
  act rename "$PREVIOUS_CONTAINER" "$CONTAINER"
  say container-recover changed reason='a run before this one did not end'
}

drop_previous_container() {
  if container "$PREVIOUS_CONTAINER"; then act rm --force "$PREVIOUS_CONTAINER"; fi
}

# Back to the container before; without one, the new one goes, which else would be restarted for ever.
restore_container() {
  if [ "$UNPROVED" != true ]; then return; fi
  if container "$PREVIOUS_CONTAINER"; then
    if container "$CONTAINER"; then act rm --force "$CONTAINER"; fi
    act rename "$PREVIOUS_CONTAINER" "$CONTAINER"
    act start "$CONTAINER"
    if await_health "$CONTAINER" "$(port_of "$CONTAINER")"; then
      say container-restore ok name="$CONTAINER"
    else
      say container-restore failed reason="the previous container runs but does not say ok: $ANSWER"
    fi
  elif container "$CONTAINER"; then
    act rm --force "$CONTAINER"
    say container-restore ok reason='there was none before'
  fi
}
