# shellcheck shell=bash
# What there is of the site, and whether another site of ours is left on the host.
LAST_SITE=true
HAS_NGINX=false
NGINX_RUNS=false
OWN_CONTAINERS=()

find_site() {
  begin services
  local name
  if type -P nginx >/dev/null; then HAS_NGINX=true; fi
  if [ "$HAS_NGINX" = true ] && systemctl is-active --quiet nginx; then NGINX_RUNS=true; fi
  if type -P docker >/dev/null; then
    read_containers || fail "Docker does not answer: $(last_words)" 'systemctl status docker'
  fi
  if [ "$CHECK" != true ]; then
    begin container
    end_what_was_ending || fail "a container that is to end does not: $(last_words)" 'docker ps -a; then run again'
  fi
  # By label: a container of such a name that is not ours stays.
  for name in "$CANDIDATE_CONTAINER" "$PREVIOUS_CONTAINER" "$CONTAINER"; do
    if container "$name" && [ "$SITE" = "$EDGE_HOSTNAME" ]; then OWN_CONTAINERS+=("$name"); fi
  done
  look_for_other_sites
}

# A folder alone may be left of a first run that failed.
look_for_other_sites() {
  local folder name
  for folder in "$STATE_DIR"/*.*/; do
    name=${folder%/}
    name=${name##*/}
    if [ "$name" = "$EDGE_HOSTNAME" ]; then continue; fi
    if [ -e "$folder/applied" ] || [ -e "$NGINX_DIR/conf.d/ragstream-edge-$name.conf" ]; then LAST_SITE=false; fi
  done
  while IFS='|' read -r _ _ _ name _; do
    if [ -n "$name" ] && [ "$name" != "$EDGE_HOSTNAME" ]; then LAST_SITE=false; fi
  done <<<"$CONTAINERS"
}
