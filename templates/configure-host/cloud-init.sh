# shellcheck shell=bash
# A first boot may still be installing things.

# User data may be installing packages at this moment. Bounded: where cloud-init never ends, the package lock decides.
wait_for_cloud_init() {
  begin cloud-init
  local dir=$RUN_DIR/cloud-init
  if [ "$CHECK" = true ] || [ ! -d "$dir" ] || [ -e "$dir/disabled" ]; then return; fi
  read_clock
  local until=$((NOW + CLOUD_INIT_WAIT))
  while [ ! -e "$dir/result.json" ]; do
    read_clock
    if [ "$NOW" -ge "$until" ]; then
      say cloud-init ok reason="still running after $CLOUD_INIT_WAIT s; going on"
      return
    fi
    sleep 1
  done
}
