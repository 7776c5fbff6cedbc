#!/bin/bash
# Usage: main.sh    as root on the host; in EDGE_HOSTNAMES its sites that have idle, with commas between them
#
# Prints whether somebody uses this host as one JSON object. functions/lib/idle/look.ts describes its fields. It only reads and takes no
# lock. If it cannot see everything, it fails: what was not seen must not count as idle.
set -uo pipefail
export LC_ALL=C.UTF-8
exec 3>&1
here=$(cd "$(dirname "$0")" && pwd)

. "$here/parameters.sh"
. "$here/../shared/places.sh"
. "$here/../shared/report.sh"
. "$here/../shared/usage.sh"
. "$here/../shared/values.sh"

use_program() { cat "$here/use.py"; }

main() {
  if [ "$#" -gt 0 ]; then usage; fi
  check_values
  command -v python3 >/dev/null || fail 'there is no Python on this host' 'run the configure-host document first: it installs it'
  USE_LOG=$USE_LOG EDGE_HOSTNAMES=$EDGE_HOSTNAMES python3 -I -S <(use_program)
}

trap say_why EXIT
main "$@"
