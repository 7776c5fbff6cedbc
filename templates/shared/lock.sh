# One run at a time: the SSM agent carries out up to five commands at once, and a maintainer may run this by hand.

# A run without the lock must not touch the other run's work.
LOCKED=false

# The kernel lets go of the lock when its last holder ends, even by SIGKILL: there is no stale lock to clean up.
take_lock() {
  begin lock
  if [ "$CHECK" = true ]; then return; fi
  # A user who can open the file can hold the lock. main.sh sets the umask.
  umask 077
  exec 9>>"$RUN_DIR/ragstream-edge.lock"
  umask 022
  chmod 600 "$RUN_DIR/ragstream-edge.lock"
  flock -w "$LOCK_WAIT" 9 ||
    fail "another run has held $RUN_DIR/ragstream-edge.lock for $LOCK_WAIT s" 'wait for it to end, then run again'
  LOCKED=true
  say lock ok
}
