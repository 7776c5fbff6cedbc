# Waits for cloud-init, which can still install packages at the first boot.

# The wait has a limit. If cloud-init never ends, the package lock decides.
wait_for_cloud_init() {
  begin cloud-init
  local dir=$RUN_DIR/cloud-init
  if [ "$CHECK" = true ] || [ ! -d "$dir" ] || [ -e "$dir/disabled" ]; then return; fi
  await "$((CLOUD_INIT_WAIT * 1000))" 1 test -e "$dir/result.json" || say cloud-init ok reason="still running after $CLOUD_INIT_WAIT s; going on"
}
