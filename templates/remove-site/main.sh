#!/bin/bash
# Usage: main.sh [--check]    as root on the host; EDGE_HOSTNAME is wanted
# With --check it says what it would do, and changes nothing: result=would-change.
#
# Removes one site from this host: its server block, its containers and its state. Then it restores what was there before the site.
# Other sites are not affected. You can run it any number of times: what is gone already is reported as unchanged.
#
# Order: nginx comes first. It is tested as a whole, and can be rolled back until the name gets no site. Then come the steps that cannot be
# rolled back. The state is removed last, so the next run knows that a killed run did not finish.
set -Eeuo pipefail
export LC_ALL=C
umask 022
exec 3>&1
here=$(cd "$(dirname "$0")" && pwd)

. "$here/parameters.sh"
. "$here/../shared/places.sh"
. "$here/../shared/text.sh"
. "$here/../shared/report.sh"
. "$here/../shared/space.sh"
. "$here/../shared/usage.sh"
. "$here/../shared/check.sh"
. "$here/../shared/values.sh"
. "$here/../shared/lock.sh"
. "$here/../shared/containers.sh"
. "$here/../shared/aside.sh"
. "$here/../shared/configuration.sh"
. "$here/nginx-program.sh"
. "$here/../shared/ask.sh"
. "$here/../shared/adopt.sh"
. "$here/../shared/staging.sh"
. "$here/../shared/swap.sh"
. "$here/findings.sh"
. "$here/files.sh"
. "$here/nginx.sh"
. "$here/../shared/rules.sh"
. "$here/rest.sh"

# Called on every failure. Steps that cannot be rolled back come later.
roll_back() {
  if [ "$SWAPPING" != true ]; then return; fi
  SWAPPING=false
  if ! undo_files; then
    say nginx-restore failed reason="$PARTLY_BACK"
  elif bring_site_file_back; then
    reload_restored
  else
    say nginx-restore failed reason="$(last_words)"
  fi
}

main() {
  read_options "$@"
  check_values
  if [ "$CHECK" = true ]; then prepare_check; else start_log; fi
  take_lock
  sweep_new
  if [ "$CHECK" != true ]; then need_space; fi
  find_site
  ask_as_visitors
  test_without_site
  swap_nginx
  remove_containers
  put_rest_back
  remove_rule
  remove_state
  if [ "$CHECK" = true ]; then say 'done' checked; else say 'done' "$OVERALL"; fi
}

trap finish EXIT
trap 'FAILED_COMMAND=$BASH_COMMAND' ERR
# A second signal must not interrupt the roll-back that the first one began.
trap 'trap "" TERM INT HUP; exit 143' TERM INT HUP
main "$@"
