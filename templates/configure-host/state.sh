# shellcheck shell=bash
# The folder of the site, where a run keeps its state, and the log: made after the values were found good.

check_inputs() {
  check_values
  if [ "$CHECK" = true ]; then
    prepare_check
    return
  fi
  if [ ! -d "$RUN_DIR" ]; then mkdir -p "$RUN_DIR"; fi
  make_state_folder
  chmod 700 "$STATE_DIR" "$SITE_STATE"
  start_log
  need_space
}

# Once more with the lock: who held it may have removed this very site.
make_state_folder() {
  if [ "$CHECK" = true ] || [ -d "$SITE_STATE" ]; then return; fi
  (umask 077 && mkdir -p "$SITE_STATE")
}
