#!/bin/bash
# Usage: main.sh    as root on the host; values in EDGE_HOSTNAME, EDGE_CLIENT_MAX_BODY_SIZE and EDGE_READ_TIMEOUT
#
# Says how a site is served by hand on this host, as one JSON object: the server blocks of its name, and the container to which they lead.
# Names of variables, never their values. Reads only, takes no lock. Sent before the first deploy, when no document of ours is there yet.
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
LOG=/dev/null

by_hand_program() {
  cat "$here/../shared/nginx_reader.py"
  cat "$here/../shared/nginx_servers.py"
  cat "$here/../shared/nginx_site.py"
  cat "$here/../configure-host/nginx_adopt.py"
  cat "$here/../configure-host/container_adopt.py"
  cat "$here/by_hand.py"
  cat "$here/../shared/nginx_main.py"
}

# What Docker shows of each container that runs and of its image, each with a sign behind it that JSON never has.
inspected() {
  local id one image open='{' close='}'
  command -v docker >/dev/null || return 0
  while read -r id; do
    # One that ends meanwhile is no news; an image may be gone while its container runs.
    one=$(docker container inspect "$id") || continue
    image=$(docker container inspect --format "$open$open.Image$close$close" "$id") || continue
    image=$(docker image inspect "$image") || image='[{}]'
    printf '%s\036%s\036' "$one" "$image"
  done < <(docker ps -q)
}

main() {
  if [ "$#" -gt 0 ]; then usage; fi
  check_values
  command -v python3 >/dev/null || fail 'there is no Python on this host' 'install python3 (python3-minimal suffices); a deploy would do so, too'
  export EDGE_HOSTNAME EDGE_CLIENT_MAX_BODY_SIZE EDGE_READ_TIMEOUT
  inspected 2>/dev/null | python3 -I -S <(by_hand_program) by_hand "$NGINX_DIR/nginx.conf" "$DEFAULT_FILE" "$UNIT_DIR" "$ROOT_DIR/lib/systemd/system"
}

trap say_why EXIT
main "$@"
