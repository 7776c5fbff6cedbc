#!/bin/bash
# Takes one site off this host: its server block, its containers and its state; then puts back what was there before it.
# The other sites of the host serve on. Run as often as you like: what is gone already is reported as unchanged.
#
# Order: nginx first, tested as a whole and revocable until the name gets no site any more; only then what cannot be
# taken back. The state goes last, so that a run that was killed is known to be unfinished.
set -Eeuo pipefail
export LC_ALL=C
umask 022
exec 3>&1
here=$(cd "$(dirname "$0")" && pwd)

# shellcheck source=templates/remove-site/parameters.sh
. "$here/parameters.sh"
# shellcheck source=templates/shared/places.sh
. "$here/../shared/places.sh"
# shellcheck source=templates/shared/text.sh
. "$here/../shared/text.sh"
# shellcheck source=templates/shared/report.sh
. "$here/../shared/report.sh"
# shellcheck source=templates/shared/space.sh
. "$here/../shared/space.sh"
# shellcheck source=templates/remove-site/usage.sh
. "$here/usage.sh"
# shellcheck source=templates/shared/check.sh
. "$here/../shared/check.sh"
# shellcheck source=templates/shared/values.sh
. "$here/../shared/values.sh"
# shellcheck source=templates/shared/lock.sh
. "$here/../shared/lock.sh"
# shellcheck source=templates/shared/containers.sh
. "$here/../shared/containers.sh"
# shellcheck source=templates/shared/aside.sh
. "$here/../shared/aside.sh"
# shellcheck source=templates/shared/configuration.sh
. "$here/../shared/configuration.sh"
# shellcheck source=templates/remove-site/nginx-program.sh
. "$here/nginx-program.sh"
# shellcheck source=templates/shared/ask.sh
. "$here/../shared/ask.sh"
# shellcheck source=templates/shared/adopt.sh
. "$here/../shared/adopt.sh"
# shellcheck source=templates/shared/staging.sh
. "$here/../shared/staging.sh"
# shellcheck source=templates/shared/swap.sh
. "$here/../shared/swap.sh"
# shellcheck source=templates/remove-site/findings.sh
. "$here/findings.sh"
# shellcheck source=templates/remove-site/files.sh
. "$here/files.sh"
# shellcheck source=templates/remove-site/nginx.sh
. "$here/nginx.sh"
# shellcheck source=templates/shared/rules.sh
. "$here/../shared/rules.sh"
# shellcheck source=templates/remove-site/rest.sh
. "$here/rest.sh"

# Called on every failure. What was removed for good is never among it.
roll_back() {
  if [ "$SWAPPING" != true ]; then return; fi
  SWAPPING=false
  if undo_files; then restore_nginx; else say nginx-restore failed reason="$PARTLY_BACK"; fi
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
# A second signal must not cut short what the first one began.
trap 'trap "" TERM INT HUP; exit 143' TERM INT HUP
main "$@"
