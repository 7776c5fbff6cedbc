#!/bin/bash
# Usage: main.sh    as root on the host; values in EDGE_HOSTNAME, EDGE_LOG_SOURCE (app, nginx or service), EDGE_LOG_SINCE, EDGE_LOG_LINES
#
# Prints the last lines of a log of one site: of its app, of nginx, or of this service on the host; without the values of the app's
# secrets. Reads only, takes no lock. The first line says where the next look goes on: cursor=…
set -uo pipefail
export LC_ALL=C.UTF-8
exec 3>&1
here=$(cd "$(dirname "$0")" && pwd)

. "$here/parameters.sh"
. "$here/../shared/defaults.sh"
. "$here/../shared/places.sh"
. "$here/../shared/report.sh"
. "$here/../shared/usage.sh"
. "$here/../shared/values.sh"

logs_program() { cat "$here/logs.py"; }

main() {
  if [ "$#" -gt 0 ]; then usage; fi
  check_values
  command -v python3 >/dev/null || fail 'there is no Python on this host' 'run the configure-host document first: it installs it'
  STATE_DIR=$STATE_DIR LOG=$LOG CONTAINER=$CONTAINER NGINX_LOGS=${EDGE_NGINX_LOGS-/var/log/nginx} python3 -I -S <(logs_program)
}

trap say_why EXIT
main "$@"
