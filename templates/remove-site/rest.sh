# The steps that cannot be rolled back. They come when nginx no longer uses the site.

# The serving container, the previous one, and the candidate of a killed overlap.
remove_containers() {
  begin container
  local name image
  if [ "${#OWN_CONTAINERS[@]}" -eq 0 ]; then
    say container unchanged
    return
  fi
  image=$(inspect container .Config.Image "$CONTAINER" 2>>"$LOG") || image=
  if [ "$CHECK" = true ]; then
    say container would-change removed="${OWN_CONTAINERS[*]}"
    return
  fi
  for name in "${OWN_CONTAINERS[@]}"; do
    remove_container "$name" || fail "the container $name was not removed: $(last_words)" 'docker ps -a; then run again'
  done
  say container changed removed="${OWN_CONTAINERS[*]}"
  say image unchanged image="$image" reason='it stays on the host; docker image rm removes it'
}

# Restores the containers that `adopt` stopped. The files are restored already.
put_rest_back() {
  begin put-back
  local folder
  if [ "$CHECK" = true ]; then
    while read -r folder; do
      if [ -e "$folder/list" ]; then say put-back would-change folder="$folder"; fi
    done < <(folders_aside)
    return
  fi
  while read -r folder; do
    if [ -e "$folder" ] && ! put_back "$folder"; then
      fail 'not everything is back, see above; it is kept for another run' "see $LOG on the host, then run again"
    fi
  done < <(folders_aside)
}

# With the last site: removes the rule against instance metadata, and its unit, unless a container still uses the network. The network
# stays. If a host goes down while Docker removes a network, Docker does not start any more (20.10: the network's record is left without
# addresses, and dockerd panics).
remove_rule() {
  begin metadata
  local others=
  if [ "$CHECK" != true ]; then drop_rules; fi
  if [ "$LAST_SITE" != true ] || ! { [ -e "$METADATA_UNIT" ] || has_rule; }; then
    say metadata unchanged
    return
  fi
  if [ "$CHECK" = true ]; then
    say metadata would-change
    return
  fi
  # Stopped containers count too: without their network they could not start again.
  if type -P docker >/dev/null; then others=$(docker ps --all --filter "network=$SHARED_NETWORK" --filter "network=$CONTAINER" --filter "network=$OPEN_NETWORK" --format "{""{.Names}}"); fi
  if [ -n "$others" ]; then
    say metadata unchanged reason="other containers are on its networks: $(paste -sd ' ' <<<"$others")"
    return
  fi
  if [ -e "$METADATA_UNIT" ]; then
    logged systemctl disable "${METADATA_UNIT##*/}" || true
    rm -f "$METADATA_UNIT"
  fi
  if has_rule; then logged iptables -w -t raw -D "${METADATA_RULE[@]}" || fail "the rule is not removed: $(last_words)" 'iptables -t raw -S tells what there is'; fi
  say metadata changed reason="the network $CONTAINER stays; docker network rm $CONTAINER removes it"
}

has_rule() {
  type -P iptables >/dev/null && iptables -w -t raw -C "${METADATA_RULE[@]}" 2>/dev/null
}

# Removes the state with the secrets. Lock and log belong to the host.
remove_state() {
  begin state
  if [ ! -e "$SITE_STATE" ]; then
    say state unchanged
    return
  fi
  if [ "$CHECK" = true ]; then
    say state would-change folder="$SITE_STATE"
    return
  fi
  # 16 signs: another site can have a longer name that begins with this one.
  rm -f "$NGINX_DIR/ragstream-edge/$EDGE_HOSTNAME".????????????????.users
  rmdir "$NGINX_DIR/ragstream-edge" 2>/dev/null || true
  if [ "$LAST_SITE" = true ]; then rm -f "$PULLED" "$LIMITS_FILE"; fi
  rm -rf "$SITE_STATE"
  rmdir "$STATE_DIR" 2>/dev/null || true
  say state changed folder="$SITE_STATE"
}
