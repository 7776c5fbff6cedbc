# The installed versions, and what the last runs left.

system_version() {
  local name=
  # shellcheck disable=SC1090 # The file of the system, or a test's.
  name=$(. "$OS_RELEASE" && printf '%s' "${PRETTY_NAME-${ID-}}")
  json_text "$name" 80
  echo
}

# version_in <text>: the first word that begins with a number.
version_in() {
  local version=
  if [[ $1 =~ [0-9]+\.[0-9]+[0-9A-Za-z.+~-]* ]]; then version=${BASH_REMATCH[0]}; fi
  json_text "$version" 40
  echo
}

nginx_version() {
  version_in "$(nginx -v 2>&1)"
}

# Of the program, which answers even if the engine does not.
docker_version() {
  version_in "$(docker --version)"
}

# On Ubuntu the agent is a snap.
agent_version() {
  local program
  for program in amazon-ssm-agent /snap/amazon-ssm-agent/current/amazon-ssm-agent; do
    if is_installed "$program"; then
      version_in "$(timeout "$LOOK_WAIT" "$program" -version)"
      return
    fi
  done
}

# Free MB on the disk of Docker's images and containers.
disk_free() {
  local blocks size
  read -r blocks size < <(stat -f -c '%a %S' "$DOCKER_DIR" 2>/dev/null || stat -f -c '%a %S' /)
  json_number "$((blocks * size / 1048576))"
  echo
}

applied() {
  local hash=
  if [ -r "$SITE_STATE/applied" ]; then read -r hash <"$SITE_STATE/applied"; fi
  if [[ $hash =~ ^[0-9a-f]+$ ]]; then json_string "$hash" 64; else printf null; fi
}

# Whether a run holds the lock, by the open files of processes. /proc/locks would miss it on a host that shares its kernel, because the
# program flock has already ended. 9 is the descriptor of `take_lock`.
lock_held() {
  local inode
  inode=$(stat -c %i "$RUN_DIR/ragstream-edge.lock" 2>/dev/null) || inode=none
  if grep -qs "^lock:.*FLOCK.*:$inode " /proc/[0-9]*/fdinfo/9; then echo true; else echo false; fi
}

# The line that `finish` of report.sh left: time and result.
last_result() {
  local at= line=
  if [ -r "$SITE_STATE/last" ]; then read -r at line <"$SITE_STATE/last"; fi
  if [ -z "$line" ]; then
    printf null
    return
  fi
  printf '{"at":%s,"line":%s}' "$(json_string "$at" 40)" "$(json_string "$line" 700)"
}
