# Creates the site's folder, where a run keeps its state, and the log. Runs after the values were checked.

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

# Again once the lock is taken: the run that held it may have removed this site.
make_state_folder() {
  if [ "$CHECK" = true ] || [ -d "$SITE_STATE" ]; then return; fi
  (umask 077 && mkdir -p "$SITE_STATE")
}
