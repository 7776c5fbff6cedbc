# What the host still has of the site, and whether it has another site of ours.
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
  # Searches by label: a foreign container with such a name stays.
  for name in "$CANDIDATE_CONTAINER" "$PREVIOUS_CONTAINER" "$CONTAINER"; do
    if container "$name" && [ "$SITE" = "$EDGE_HOSTNAME" ]; then OWN_CONTAINERS+=("$name"); fi
  done
  look_for_other_sites
}

# A failed first run can leave only the folder.
look_for_other_sites() {
  local folder name
  for folder in "$STATE_DIR"/*.*/; do
    name=${folder%/}
    name=${name##*/}
    if [ "$name" = "$EDGE_HOSTNAME" ]; then continue; fi
    if [ -e "$folder/applied" ] || compgen -G "$NGINX_DIR/*/*ragstream-edge-$name.conf" >>"$LOG"; then LAST_SITE=false; fi
  done
  while IFS='|' read -r _ _ _ name _; do
    if [ -n "$name" ] && [ "$name" != "$EDGE_HOSTNAME" ]; then LAST_SITE=false; fi
  done <<<"$CONTAINERS"
}
