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
# shellcheck source=templates/configure-host/settings.sh
. "$here/../configure-host/settings.sh"
# shellcheck source=templates/configure-host/text.sh
. "$here/../configure-host/text.sh"
# shellcheck source=templates/configure-host/report.sh
. "$here/../configure-host/report.sh"
# shellcheck source=templates/configure-host/space.sh
. "$here/../configure-host/space.sh"
# shellcheck source=templates/remove-site/usage.sh
. "$here/usage.sh"
# shellcheck source=templates/configure-host/options.sh
. "$here/../configure-host/options.sh"
# shellcheck source=templates/configure-host/values.sh
. "$here/../configure-host/values.sh"
# shellcheck source=templates/configure-host/lock.sh
. "$here/../configure-host/lock.sh"
# shellcheck source=templates/configure-host/containers.sh
. "$here/../configure-host/containers.sh"
# shellcheck source=templates/configure-host/aside.sh
. "$here/../configure-host/aside.sh"
# shellcheck source=templates/configure-host/ask.sh
. "$here/../configure-host/ask.sh"
# shellcheck source=templates/configure-host/adopt.sh
. "$here/../configure-host/adopt.sh"
# shellcheck source=templates/configure-host/stage.sh
. "$here/../configure-host/stage.sh"
# shellcheck source=templates/configure-host/swap.sh
. "$here/../configure-host/swap.sh"
# shellcheck source=templates/remove-site/findings.sh
. "$here/findings.sh"
# shellcheck source=templates/remove-site/files.sh
. "$here/files.sh"
# shellcheck source=templates/remove-site/nginx.sh
. "$here/nginx.sh"
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
