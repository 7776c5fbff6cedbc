# Starts nginx and the Docker engine, now and at each boot.

ensure_services() {
  begin services
  if type -P ip >/dev/null && [[ $(ip -o route get 127.0.0.1 2>&1) != local* ]]; then
    fail '127.0.0.1 is no address of this host' 'ip link set lo up; ip addr add 127.0.0.1/8 dev lo'
  fi
  local unit states state wrong=()
  # For each unit: UnitFileState=…, ActiveState=…, and an empty line between two units.
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

# If the host went down while files were replaced, nginx may not load the rest.
start_as_before() {
  if [ "$1" != nginx ] || ! read_containers; then return 1; fi
  is_marked && bring_files_back && logged systemctl start nginx
}

service_failed() {
  local why
  why=$(last_words)
  if [ "$1" = nginx ]; then
    why=$(nginx_complaint nginx -t || true)
    if [ -z "$why" ] && [[ $(ss -Hltnp 'sport = :80') == *'"nginx"'* ]]; then
      fail 'an nginx that systemd does not know holds port 80' 'nginx -s quit, then systemctl start nginx'
    fi
  fi
  fail "the service $1 does not start: $why" "systemctl status $1"
}

await_docker() {
  local code=0
  await "$((DOCKER_WAIT * 1000))" 1 read_containers || code=$?
  if [ "$code" -eq 0 ]; then return; fi
  if [ "$code" -eq 124 ]; then fail "Docker does not answer: no word within $DOCKER_WAIT s" 'systemctl restart docker'; fi
  fail "Docker does not answer: $(last_words)" 'systemctl status docker'
}

# If SELinux enforces, nginx may not open connections, and would answer every request with 502.
let_nginx_connect() {
  if ! command -v getenforce >/dev/null || [ "$(getenforce)" != Enforcing ]; then return; fi
  if getsebool httpd_can_network_connect | grep -q 'on$'; then return; fi
  if [ "$CHECK" = true ]; then return; fi
  logged setsebool -P httpd_can_network_connect on || fail 'SELinux keeps nginx from connecting' 'setsebool -P httpd_can_network_connect on'
}
