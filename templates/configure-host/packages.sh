# Installs nginx, Docker, Python and two small programs if they are missing.

# Looks for dockerd, because the command docker can exist without an engine. An installed docker-ce stays.
ensure_packages() {
  begin packages
  local key value system= version= docker=docker.io ss=iproute2 python=python3-minimal missing=()
  while IFS='=' read -r key value; do
    case $key in ID) system=${value//\"/} ;; VERSION_ID) version=${value//\"/} ;; esac
  done <"$OS_RELEASE"
  if [ "$system$version" = amzn2 ]; then
    fail 'Amazon Linux 2 has no Python 3.9, and none of its packages is new enough' 'move the app to Amazon Linux 2023, Ubuntu or Debian'
  fi
  if [ "$system" = amzn ]; then docker=docker ss=iproute python=python3; fi
  command -v nginx >/dev/null || missing+=(nginx)
  command -v curl >/dev/null || missing+=(curl)
  command -v python3 >/dev/null || missing+=("$python")
  command -v dockerd >/dev/null || missing+=("$docker")
  command -v ss >/dev/null || missing+=("$ss")
  # On Debian 13 docker.io only recommends the package with the command docker.
  if type -P dockerd >/dev/null && ! type -P docker >/dev/null && [ "$system" != amzn ]; then missing+=(docker-cli); fi
  if [ "${#missing[@]}" -eq 0 ]; then
    say packages unchanged
    return
  fi
  if ! type -P dockerd >/dev/null && [[ $(docker --version 2>/dev/null) == podman* ]]; then
    fail "the command docker is Podman's here (podman-docker), and Docker would take its place" 'apt-get remove podman-docker (or dnf remove), then run again'
  fi
  if ! command -v dockerd >/dev/null && has_another_engine; then
    fail "an engine of Docker runs here that is not of this system's packages (a snap?), and a second one would take its place" 'docker ps tells what runs on it; take it away, or install docker.io in its place'
  fi
  if [ "$CHECK" = true ]; then
    say packages would-change install="${missing[*]}"
    stop_check
  fi
  LOG_FROM=$(($(wc -l <"$LOG") + 1))
  case $system in
    amzn) install_with_dnf "${missing[@]}" || packages_failed ;;
    debian | ubuntu)
      install_with_apt "${missing[@]}" || packages_failed
      if ! type -P docker >/dev/null; then install_with_apt docker-cli || packages_failed; fi
      ;;
    *) fail "${missing[*]} missing, and the system '$system' is not Amazon Linux, Ubuntu or Debian" 'install them, then run again' ;;
  esac
  say packages changed installed="${missing[*]}"
}

# True if an engine without a program on the PATH answers at the socket. A removed package can leave the socket file. The kernel knows
# whether a program listens there.
has_another_engine() {
  [ -S "$RUN_DIR/docker.sock" ] || return 1
  if type -P docker >/dev/null; then
    logged docker ps --quiet
  else
    grep -qE ' 00010000 .*/docker\.sock$' /proc/net/unix
  fi
}

packages_failed() {
  local absent
  absent=$(unfetched)
  if [ -n "$absent" ]; then
    fail "packages were not installed: $(last_words); not fetched: $absent" "let the host reach its package servers, then run again; $LOG on the host has the details"
  fi
  fail "packages were not installed: $(last_words)" "see $LOG on the host"
}

# Lists what apt could not fetch in this step. apt continues without it, so its last line is about something else. The URL of a source
# can have a password, which is removed.
unfetched() {
  tail -n "+$LOG_FROM" "$LOG" | sed -nE 's#^[EW]: Failed to fetch ([a-z+]+://)([^/@ ]*@)?#\1#p' | tail -n 1
}

# dnf waits for its lock forever. Told not to wait, it ends with 200.
install_with_dnf() {
  local until code
  read_clock
  until=$((NOW + PACKAGE_WAIT))
  while :; do
    code=0
    logged dnf install -y --setopt=exit_on_lock=True "$@" || code=$?
    read_clock
    if [ "$code" -ne 200 ] || [ "$NOW" -ge "$until" ]; then return "$code"; fi
    sleep "$PACKAGE_PAUSE"
  done
}

# At boot other programs use apt, and the network may be missing. apt's timeout covers the package lock, but not the lock of the lists.
# An update that reached no server still succeeds.
install_with_apt() {
  local try until updated
  # Without questions: changed configuration files stay, and needrestart restarts no services.
  local apt=(apt-get -o "DPkg::Lock::Timeout=$PACKAGE_WAIT" -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold)
  export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
  read_clock
  until=$((NOW + PACKAGE_WAIT))
  for try in 1 2 3 4 5 6; do
    updated=true
    logged "${apt[@]}" update </dev/null || updated=false
    if logged "${apt[@]}" install -y --no-remove "$@" </dev/null; then return; fi
    if [ "$updated" = true ] && [ -z "$(unfetched)" ]; then return 1; fi
    read_clock
    if [ "$try" -eq 6 ] || [ "$NOW" -ge "$until" ]; then return 1; fi
    sleep "$PACKAGE_PAUSE"
  done
}
