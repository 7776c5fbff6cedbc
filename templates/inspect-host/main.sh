#!/bin/bash
# Says what there is of one site on this host: one JSON object on standard output, of the shape that
# functions/lib/hosts/inspection.ts describes. Reads only, takes no lock, and a look that fails is null.
# All looks run at once, each bounded: together they take as long as the slowest, whatever hangs.
set -uo pipefail
export LC_ALL=C
exec 3>&1
here=$(cd "$(dirname "$0")" && pwd)

# shellcheck source=templates/inspect-host/parameters.sh
. "$here/parameters.sh"
# shellcheck source=templates/shared/places.sh
. "$here/../shared/places.sh"
# shellcheck source=templates/shared/report.sh
. "$here/../shared/report.sh"
# shellcheck source=templates/shared/values.sh
. "$here/../shared/values.sh"
# shellcheck source=templates/shared/containers.sh
. "$here/../shared/containers.sh"
# shellcheck source=templates/shared/configuration.sh
. "$here/../shared/configuration.sh"
# shellcheck source=templates/inspect-host/nginx-program.sh
. "$here/nginx-program.sh"
# shellcheck source=templates/shared/ask.sh
. "$here/../shared/ask.sh"
# shellcheck source=templates/inspect-host/json.sh
. "$here/json.sh"
# shellcheck source=templates/inspect-host/looks.sh
. "$here/looks.sh"
# shellcheck source=templates/inspect-host/versions.sh
. "$here/versions.sh"
# shellcheck source=templates/inspect-host/nginx.sh
. "$here/nginx.sh"
# shellcheck source=templates/inspect-host/container.sh
. "$here/container.sh"
# shellcheck source=templates/inspect-host/answers.sh
. "$here/answers.sh"
# shellcheck source=templates/inspect-host/certificate.sh
. "$here/certificate.sh"
# shellcheck source=templates/inspect-host/firewall.sh
. "$here/firewall.sh"
# shellcheck source=templates/inspect-host/firewall-rules.sh
. "$here/firewall-rules.sh"
# Nothing is written, also not by the parts that keep a log.
LOG=/dev/null

usage() {
  cat <<'END_OF_USAGE'
Usage: main.sh    as root on the host; values in EDGE_HOSTNAME, EDGE_HOST_PORT and EDGE_CONTAINER_PORT
Says what there is of one site on this host, as one JSON object. Changes nothing.
END_OF_USAGE
  exit 2
}

start_looks() {
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
  look answer "$EDGE_HOST_PORT" "$EDGE_HEALTH_PATH"
  look answer "$PAGE_PORT" "$EDGE_HEALTH_PATH"
  look page "$EDGE_HOST_PORT"
  look page "$PAGE_PORT"
  look firewall
  look host_certificate
  look lock_held
}

print_inspection() {
  printf '{"schema":1,"site":%s,' "$(json_string "$EDGE_HOSTNAME" 253)"
  printf '"versions":{"system":%s,"nginx":%s,"docker":%s,"agent":%s},' "$(seen system_version)" "$(seen nginx_version)" \
    "$(seen docker_version)" "$(seen agent_version)"
  printf '"applied":%s,"diskFreeMb":%s,"keptApart":%s,' "$(applied)" "$(seen disk_free)" "$(kept_apart)"
  printf '"rendering":{"file":%s,"live":%s},' "$(file_rendering)" "$(seen live_rendering)"
  printf '"nginx":{"active":%s,%s,"unknownHost":%s},' "$(seen nginx_active false)" \
    "$(seen nginx_configuration '"error":"nginx -t did not end in time","sameNameBlocks":null')" "$(seen unknown_host)"
  printf '"container":{"name":%s,%s},' "$(json_string "$CONTAINER" 268)" "$(seen container_state "$UNKNOWN_CONTAINER")"
  printf '"listening":[%s],' "$(seen listening '')"
  printf '"answers":{"app":%s,"nginx":%s,' "$(seen "answer $EDGE_HOST_PORT" "$NO_ANSWER")" "$(seen "answer $PAGE_PORT" "$NO_ANSWER")"
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
  end_looks
}

say_why() {
  if [ -n "$FAILED_REASON" ]; then say "$STEP" failed reason="$FAILED_REASON" hint="$FAILED_HINT" >&2; fi
}

trap say_why EXIT
main "$@"
