# shellcheck shell=bash
# nginx and the Docker engine run, and come back after a boot.

ensure_services() {
  begin services
  if type -P ip >/dev/null && [[ $(ip -o route get 127.0.0.1 2>&1) != local* ]]; then
    fail '127.0.0.1 is no address of this host' 'ip link set lo up; ip addr add 127.0.0.1/8 dev lo'
  fi
  local unit states state wrong=()
  # In this order, with an empty line between the two: UnitFileState=…, ActiveState=…
  states=$(systemctl show --property UnitFileState,ActiveState docker nginx 2>/dev/null || true)
  for unit in docker nginx; do
    state=${states%%$'\n\n'*}
    states=${states#*$'\n\n'}
    if [[ $state == *UnitFileState=masked* ]]; then fail "the service $unit is masked" "systemctl unmask $unit"; fi
    if [[ $state != *UnitFileState=enabled* || $state != *ActiveState=active* ]]; then wrong+=("$unit"); fi
  done
  if [ "$CHECK" = true ] && [ "${#wrong[@]}" -gt 0 ]; then
    say services would-change start="${wrong[*]}"
    stop_check
  fi
  for unit in ${wrong[@]+"${wrong[@]}"}; do
    logged systemctl enable --now "$unit" || start_as_before "$unit" || service_failed "$unit"
  done
  read_containers || await_docker
  let_nginx_connect
  if [ "${#wrong[@]}" -eq 0 ]; then say services unchanged; else say services changed started="${wrong[*]}"; fi
}

# A host that went down while files changed hands may have been left with what nginx does not load.
start_as_before() {
  if [ "$1" != nginx ] || ! read_containers; then return 1; fi
  is_marked && bring_files_back && logged systemctl start nginx
}

service_failed() {
  local why
  why=$(last_words)
  if [ "$1" = nginx ]; then
    why=$(nginx_complaint nginx -t || true)
    if [ -z "$why" ] && [ -n "$(ss -Hltnp 'sport = :80' | grep '"nginx"')" ]; then
      fail 'an nginx that systemd does not know holds port 80' 'nginx -s quit, then systemctl start nginx'
    fi
  fi
  fail "the service $1 does not start: $why" "systemctl status $1"
}

await_docker() {
  local until code
  read_clock
  until=$((NOW + DOCKER_WAIT))
  while :; do
    code=0
    read_containers || code=$?
    if [ "$code" -eq 0 ]; then return; fi
    read_clock
    if [ "$NOW" -ge "$until" ]; then break; fi
    sleep 1
  done
  if [ "$code" -eq 124 ]; then fail "Docker does not answer: no word within $DOCKER_WAIT s" 'systemctl restart docker'; fi
  fail "Docker does not answer: $(last_words)" 'systemctl status docker'
}

# Where SELinux enforces, nginx may not open connections, and every request would be answered 502.
let_nginx_connect() {
  if ! command -v getenforce >/dev/null || [ "$(getenforce)" != Enforcing ]; then return; fi
  if getsebool httpd_can_network_connect | grep -q 'on$'; then return; fi
  if [ "$CHECK" = true ]; then return; fi
  logged setsebool -P httpd_can_network_connect on || fail 'SELinux keeps nginx from connecting' 'setsebool -P httpd_can_network_connect on'
}
