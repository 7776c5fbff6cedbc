# Finds a full disk before anything changes, and names it if it ended a run.

# has_space <folder>: 64 KB.
has_space() {
  local file=$1/.ragstream-edge-space code=0
  { printf '%065536d' 0 >"$file"; } 2>/dev/null || code=$?
  rm -f "$file"
  return "$code"
}

# A program that a full disk stops does not always say so.
look_for_space() {
  local dir
  for dir in "$STATE_DIR" "$NGINX_DIR"; do
    if [ -d "$dir" ] && ! has_space "$dir"; then
      FAILED_REASON="no space left in $dir; $FAILED_REASON"
      FAILED_HINT='make room, then run again'
      return
    fi
  done
}

# Before anything is changed. nginx may not be installed yet.
need_space() {
  local dir
  for dir in "$STATE_DIR" "$NGINX_DIR"; do
    if [ -d "$dir" ]; then has_space "$dir" || fail '64 KB are wanted' 'make room, then run again'; fi
  done
}
