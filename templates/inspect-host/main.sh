#!/bin/bash
# Usage: main.sh    as root on the host; EDGE_HOSTNAME is wanted, parameters.sh has the other variables
#
# Prints the state of one site on this host as one JSON object. functions/lib/hosts/inspection.ts describes its fields. It only reads and
# takes no lock. A failed look is null. All looks run at once, each with a time limit, so the slowest look decides how long it takes.
set -uo pipefail
export LC_ALL=C
exec 3>&1
here=$(cd "$(dirname "$0")" && pwd)

. "$here/parameters.sh"
. "$here/../shared/defaults.sh"
. "$here/../shared/places.sh"
. "$here/../shared/report.sh"
. "$here/../shared/usage.sh"
. "$here/../shared/values.sh"
. "$here/../shared/containers.sh"
. "$here/../shared/configuration.sh"
. "$here/nginx-program.sh"
. "$here/../shared/ask.sh"
. "$here/json.sh"
. "$here/looks.sh"
. "$here/versions.sh"
. "$here/nginx.sh"
. "$here/container.sh"
. "$here/answers.sh"
. "$here/certificate.sh"
. "$here/firewall.sh"
# Nothing is written, not even the log.
LOG=/dev/null

# First those whose program may wait until its time is over: what it then says is to be heard.
start_looks() {
  look answer "$EDGE_HOST_PORT" "$EDGE_HEALTH_PATH"
  look answer "$PAGE_PORT" "$EDGE_HEALTH_PATH"
  look page "$EDGE_HOST_PORT"
  look page "$PAGE_PORT"
  look system_version
  look nginx_version
  look docker_version
  look agent_version
  look disk_free
  look live_rendering
  look nginx_active
  look nginx_configuration
  look unknown_host
  look container_state
  look listening
  look firewall
  look host_certificate
  look lock_held
}

print_inspection() {
  printf '{"schema":1,"site":%s,' "$(json_string "$EDGE_HOSTNAME" 253)"
  printf '"versions":{"system":%s,"nginx":%s,"docker":%s,"agent":%s},' "$(seen system_version)" "$(seen nginx_version)" \
    "$(seen docker_version)" "$(seen agent_version)"
  printf '"applied":%s,"diskFreeMb":%s,"keptApart":%s,' "$(applied)" "$(seen disk_free)" "$(if keeps_apart; then printf true; else printf false; fi)"
  printf '"rendering":{"file":%s,"live":%s},' "$(file_rendering)" "$(seen live_rendering)"
  printf '"nginx":{"active":%s,%s,"unknownHost":%s},' "$(seen nginx_active)" \
    "$(seen nginx_configuration '"error":"nginx -t did not end in time","sameNameBlocks":null')" "$(seen unknown_host)"
  printf '"container":{"name":%s,%s},' "$(json_string "$CONTAINER" 268)" "$(seen container_state "$UNKNOWN_CONTAINER")"
  printf '"listening":[%s],' "$(seen listening '')"
  printf '"answers":{"app":%s,"nginx":%s,' "$(seen "answer $EDGE_HOST_PORT")" "$(seen "answer $PAGE_PORT")"
  printf '"appWebSocket":%s,"nginxWebSocket":%s},' "$(seen "page $EDGE_HOST_PORT" 0)" "$(seen "page $PAGE_PORT" 0)"
  printf '"firewall":%s,' "$(seen firewall '{"port80":null,"rule":null}')"
  printf '"certificate":%s,' "$(seen host_certificate)"
  printf '"locked":%s,' "$(seen lock_held)"
  printf '"lastResult":%s}\n' "$(last_result)"
}

main() {
  if [ "$#" -gt 0 ]; then usage; fi
  check_values
  EDGE_ALIASES=$(names_in_file)
  PAGE_PORT=$(page_port)
  ask_as_visitors
  start_looks
  print_inspection
  kill "${LOOK_PIDS[@]}" 2>/dev/null || true
}

trap say_why EXIT
main "$@"
