#!/bin/bash
# Usage: main.sh [--check]    as root on the host. EDGE_HOSTNAME and EDGE_IMAGE are wanted; parameters.sh has the other variables.
# With --check it says what it would do, and changes nothing: result=would-change.
#
# Makes one site live on this host. nginx on port 80 sends its names to 127.0.0.1:<host port>, where Docker publishes its container.
# You can run it any number of times: what is right already stays, and is reported as unchanged.
# Each act prints one line, step=... result=...; the last one tells the outcome. Details: /var/log/ragstream-edge.log
#
# Order: steps that can fail without harm come first (packages, conflicts, nginx test, image pull). Then the container is replaced, then
# the nginx file. Both can be rolled back until port 80 gave the right answer. While visitors are served or held, nginx uses a new
# container only once it is healthy. If nobody is served, nginx uses it while the app starts.
set -Eeuo pipefail
export LC_ALL=C
umask 022
exec 3>&1
here=$(cd "$(dirname "$0")" && pwd)

# Similar files come first and side by side: gzip looks back 32 KB, and the document's size is limited.
. "$here/programs.sh"
. "$here/parameters.sh"
. "$here/../shared/defaults.sh"
. "$here/../shared/places.sh"
. "$here/../shared/app.sh"
. "$here/../shared/text.sh"
. "$here/../shared/report.sh"
. "$here/../shared/space.sh"
. "$here/../shared/usage.sh"
. "$here/../shared/check.sh"
. "$here/../shared/values.sh"
. "$here/state.sh"
. "$here/../shared/lock.sh"
. "$here/cloud-init.sh"
. "$here/packages.sh"
. "$here/services.sh"
. "$here/../shared/containers.sh"
. "$here/../shared/configuration.sh"
. "$here/foreign-container.sh"
. "$here/../shared/aside.sh"
. "$here/foreign.sh"
. "$here/../shared/ask.sh"
. "$here/../shared/adopt.sh"
. "$here/default.sh"
. "$here/../shared/staging.sh"
. "$here/../shared/swap.sh"
. "$here/nginx.sh"
. "$here/role.sh"
. "$here/secrets.sh"
. "$here/container-files.sh"
. "$here/certificate.sh"
. "$here/tls.sh"
. "$here/tls-default.sh"
. "$here/access.sh"
. "$here/network.sh"
. "$here/health.sh"
. "$here/../shared/rules.sh"
. "$here/guard.sh"
. "$here/ecr.sh"
. "$here/image.sh"
. "$here/overlap.sh"
. "$here/hold.sh"
. "$here/container.sh"
. "$here/previous.sh"

# Takes back what this run, or a killed run before it, changed without success. Called on every failure. Before the container's step
# this run has changed nothing, and what a killed run left stays while it serves. The container comes first: in an overlap nginx uses the
# candidate until the old container is healthy again.
roll_back() {
  log_out
  if [ "$JUDGING" = true ]; then
    # Docker's list does not yet show the command that a signal interrupted.
    read_containers || true
    if container "$PREVIOUS_CONTAINER"; then UNPROVED=true; fi
  else
    if ! is_left_unserved; then
      # If the containers are as before, the rules are too.
      if [ "$SERVICES_RUN" = true ] && ! container "$PREVIOUS_CONTAINER"; then restore_rules; fi
      return
    fi
    # A container that a killed run had just restored may only need time. If there was no site before, none was restored.
    if [ ! -e "$PREVIOUS_FILE" ] || [ -s "$PREVIOUS_FILE" ]; then RECOVERED=true; fi
    if container "$PREVIOUS_CONTAINER" || adoption_is_unproved; then UNPROVED=true; fi
  fi
  end_what_was_ending || true
  if restore_container || ! candidate_serves; then
    restore_files
    restore_rules
    close_hold
    if container "$CANDIDATE_CONTAINER"; then drain "$DRAIN_WAIT"; fi
    drop_candidate
  fi
}

# The new container is healthy: the old container and nginx file are no longer needed.
settle() {
  begin settle
  if container "$CANDIDATE_CONTAINER"; then
    drain "$DRAIN_WAIT"
    # If it cannot be deleted now, the next run deletes it.
    drop_candidate || true
  fi
  drop_marks
  # Certificates and visitors that nginx no longer uses.
  remove_all_but "$TLS" "$TLS_STATE"/*
  # 16 signs: another site can have a longer name that begins with this one.
  remove_all_but "$USERS" "$USERS_FOLDER/$EDGE_HOSTNAME".????????????????.users*
  keep_port
  # Written before the hash, also if something was refused: this run is live, so a command that was sent earlier must change nothing.
  if [ "$EDGE_SENT_AT" != 0 ]; then printf '%s\n' "$EDGE_SENT_AT" >"$SITE_STATE/sent"; fi
  # A host that does not fully match the site is tried again.
  if [ -n "$REFUSED" ]; then return; fi
  local applied=
  if [ -e "$SITE_STATE/applied" ]; then read -r applied <"$SITE_STATE/applied" || true; fi
  if [ "$applied" != "$EDGE_SITE_HASH" ]; then printf '%s\n' "$EDGE_SITE_HASH" >"$SITE_STATE/applied"; fi
}

# A restarted agent runs unfinished commands again, and the lock has no order. So a command that was sent before the newest applied
# command changes nothing. A run by hand was not sent: 0.
leave_to_newer() {
  local newest=0
  if [ "$CHECK" = true ] || [ "$EDGE_SENT_AT" = 0 ] || [ ! -e "$SITE_STATE/sent" ]; then return; fi
  read -r newest <"$SITE_STATE/sent" || true
  if [[ ! $newest =~ ^[0-9]{1,15}$ ]] || [ "$EDGE_SENT_AT" -ge "$newest" ]; then return; fi
  # The last line of this site's log is of the newer run.
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
  # As early as possible: the registry's answer takes longest.
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
# A second signal must not interrupt the roll-back that the first one began.
trap 'trap "" TERM INT HUP; exit 143' TERM INT HUP
main "$@"
