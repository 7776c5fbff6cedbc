#!/bin/bash
# Makes one site live on this host: nginx on port 80 leads its names to 127.0.0.1:<host port>, where Docker publishes
# its container. Run as often as you like: what is right already stays as it is and is reported as unchanged.
# Values come as EDGE_* variables (functions/lib/hosts/parameters.ts); one line per act goes to standard output.
#
# Order: whatever can fail without harm comes first (packages, conflicts, nginx test, image pull). Only then is the
# container replaced, then the nginx file, and both stay revocable until a request through port 80 was answered. Where
# visitors are served, or held, meanwhile, nginx leads to a container only after that said ok; else it is led there while the app starts.
set -Eeuo pipefail
export LC_ALL=C
umask 022
exec 3>&1
here=$(cd "$(dirname "$0")" && pwd)

# First and side by side: gzip looks back 32 KB, and the document has a bound.
# shellcheck source=templates/configure-host/nginx-program.sh
. "$here/nginx-program.sh"
# shellcheck source=templates/configure-host/container-program.sh
. "$here/container-program.sh"
# shellcheck source=templates/configure-host/parameters.sh
. "$here/parameters.sh"
# shellcheck source=templates/shared/places.sh
. "$here/../shared/places.sh"
# shellcheck source=templates/shared/app.sh
. "$here/../shared/app.sh"
# shellcheck source=templates/shared/text.sh
. "$here/../shared/text.sh"
# shellcheck source=templates/shared/report.sh
. "$here/../shared/report.sh"
# shellcheck source=templates/shared/space.sh
. "$here/../shared/space.sh"
# shellcheck source=templates/configure-host/usage.sh
. "$here/usage.sh"
# shellcheck source=templates/shared/check.sh
. "$here/../shared/check.sh"
# shellcheck source=templates/shared/values.sh
. "$here/../shared/values.sh"
# shellcheck source=templates/configure-host/state.sh
. "$here/state.sh"
# shellcheck source=templates/shared/lock.sh
. "$here/../shared/lock.sh"
# shellcheck source=templates/configure-host/cloud-init.sh
. "$here/cloud-init.sh"
# shellcheck source=templates/configure-host/packages.sh
. "$here/packages.sh"
# shellcheck source=templates/configure-host/services.sh
. "$here/services.sh"
# shellcheck source=templates/shared/containers.sh
. "$here/../shared/containers.sh"
# shellcheck source=templates/shared/configuration.sh
. "$here/../shared/configuration.sh"
# shellcheck source=templates/configure-host/foreign-container.sh
. "$here/foreign-container.sh"
# shellcheck source=templates/shared/aside.sh
. "$here/../shared/aside.sh"
# shellcheck source=templates/configure-host/foreign.sh
. "$here/foreign.sh"
# shellcheck source=templates/shared/ask.sh
. "$here/../shared/ask.sh"
# shellcheck source=templates/shared/adopt.sh
. "$here/../shared/adopt.sh"
# shellcheck source=templates/configure-host/default.sh
. "$here/default.sh"
# shellcheck source=templates/shared/staging.sh
. "$here/../shared/staging.sh"
# shellcheck source=templates/shared/swap.sh
. "$here/../shared/swap.sh"
# shellcheck source=templates/configure-host/nginx.sh
. "$here/nginx.sh"
# shellcheck source=templates/configure-host/role.sh
. "$here/role.sh"
# shellcheck source=templates/configure-host/secrets.sh
. "$here/secrets.sh"
# shellcheck source=templates/configure-host/json-strings.sh
. "$here/json-strings.sh"
# shellcheck source=templates/configure-host/container-files.sh
. "$here/container-files.sh"
# shellcheck source=templates/configure-host/certificate.sh
. "$here/certificate.sh"
# shellcheck source=templates/configure-host/tls.sh
. "$here/tls.sh"
# shellcheck source=templates/configure-host/tls-default.sh
. "$here/tls-default.sh"
# shellcheck source=templates/configure-host/access.sh
. "$here/access.sh"
# shellcheck source=templates/configure-host/network.sh
. "$here/network.sh"
# shellcheck source=templates/configure-host/health.sh
. "$here/health.sh"
# shellcheck source=templates/shared/rules.sh
. "$here/../shared/rules.sh"
# shellcheck source=templates/configure-host/guard.sh
. "$here/guard.sh"
# shellcheck source=templates/configure-host/ecr.sh
. "$here/ecr.sh"
# shellcheck source=templates/configure-host/image.sh
. "$here/image.sh"
# shellcheck source=templates/configure-host/overlap.sh
. "$here/overlap.sh"
# shellcheck source=templates/configure-host/hold.sh
. "$here/hold.sh"
# shellcheck source=templates/configure-host/container.sh
. "$here/container.sh"
# shellcheck source=templates/configure-host/previous.sh
. "$here/previous.sh"

# Takes back what this run, or a killed one before it, put in place without proof. Called on every failure; before the
# container was looked at, there is nothing of this run to take back, and what a killed one left stays while it serves. The
# container first: in an overlap nginx leads to the candidate until the old one is healthy again, or stays with it.
roll_back() {
  log_out
  if [ "$JUDGING" = true ]; then
    # What Docker was told when a signal came is not in the list yet.
    read_containers || true
    if container "$PREVIOUS_CONTAINER"; then UNPROVED=true; fi
  else
    if ! is_left_unserved; then
      # Where containers are as before, so are the rules.
      if [ "$SERVICES_RUN" = true ] && ! container "$PREVIOUS_CONTAINER"; then restore_rules; fi
      return
    fi
    # One that a killed run had just given back may only need its time; where there was no site before, none was given back.
    if [ ! -e "$PREVIOUS_FILE" ] || [ -s "$PREVIOUS_FILE" ]; then RECOVERED=true; fi
    if container "$PREVIOUS_CONTAINER" || adoption_is_unproved; then UNPROVED=true; fi
  fi
  end_what_was_ending || true
  if restore_container || ! candidate_serves; then
    restore_files
    restore_rules
    close_hold
    drop_candidate
  fi
}

# What went live has proved itself: the previous container and nginx file are no longer needed.
settle() {
  begin settle
  if container "$CANDIDATE_CONTAINER"; then
    drain "$DRAIN_WAIT"
    # One that does not go is dropped by the next run.
    drop_candidate || true
  fi
  drop_marks
  drop_old_certificates
  drop_old_visitors
  keep_port
  # Before the hash, and also where something is refused: this is live, so what was sent before it changes nothing any more.
  if [ "$EDGE_SENT_AT" != 0 ]; then printf '%s\n' "$EDGE_SENT_AT" >"$SITE_STATE/sent"; fi
  # What is not wholly as the site wants it is tried again.
  if [ -n "$REFUSED" ]; then return; fi
  local applied=
  if [ -e "$SITE_STATE/applied" ]; then read -r applied <"$SITE_STATE/applied" || true; fi
  if [ "$applied" != "$EDGE_SITE_HASH" ]; then printf '%s\n' "$EDGE_SITE_HASH" >"$SITE_STATE/applied"; fi
}

# An agent that starts again begins what it finds in progress once more, and the lock promises no order: what was sent before the newest
# one that this host applied changes nothing. What is done by hand was not sent: 0.
leave_to_newer() {
  local newest=0
  if [ "$CHECK" = true ] || [ "$EDGE_SENT_AT" = 0 ] || [ ! -e "$SITE_STATE/sent" ]; then return; fi
  read -r newest <"$SITE_STATE/sent" || true
  if [[ ! $newest =~ ^[0-9]{1,15}$ ]] || [ "$EDGE_SENT_AT" -ge "$newest" ]; then return; fi
  # The last line of this site is the newer one's.
  KEEPS_LAST_LINE=true
  say 'done' superseded site="$EDGE_SITE_HASH" newest="$newest"
  exit 0
}

main() {
  read_options "$@"
  check_inputs
  take_lock
  make_state_folder
  sweep_new
  leave_to_newer
  wait_for_cloud_init
  refuse_foreign_ports
  ensure_packages
  ensure_services
  # As early as Docker can be asked: nothing takes longer than the registry's answer.
  begin_pull
  serve_what_was
  read_configuration
  write_container_files
  find_foreign
  fetch_certificate
  refuse_without_certificate
  read_visitors
  judge_default
  begin_network
  guard_host
  test_nginx
  pull_image
  converge_container
  if [ "$NOBODY_SERVED" != true ]; then check_container; fi
  swap_nginx
  if [ "$CHECK" = true ]; then
    tell_refused
    say 'done' checked site="$EDGE_SITE_HASH"
    return
  fi
  if [ "$NOBODY_SERVED" = true ]; then check_container; fi
  check_through_nginx
  check_through_tls
  settle
  tell_refused
  say 'done' "$OVERALL" site="$EDGE_SITE_HASH"
}

trap finish EXIT
trap 'FAILED_COMMAND=$BASH_COMMAND' ERR
# A second signal must not cut short what the first one began.
trap 'trap "" TERM INT HUP; exit 143' TERM INT HUP
main "$@"
