# shellcheck shell=bash
# Who reaches 169.254.169.254 has the role of the host. Containers are kept from it unless the site says metadata: true.
#
# They get a bridge of their own, and what comes in by it for that address is dropped in `raw`, before Docker's rules:
# Docker never touches that chain, whether it restarts or not, and the rule can be there before the bridge is. A unit
# that starts before Docker, each time that Docker is started, brings it back after a boot, and after somebody emptied the tables:
# Docker's own rules want a restart of it then, too. It does not hold Docker back where it fails: the containers of others
# want to start as well. The network has no IPv6, and so no way to fd00:ec2::254.

bar_metadata() {
  begin metadata
  local how=unchanged
  if [ "$EDGE_METADATA" = true ]; then
    NETWORK=bridge
    say metadata unchanged reason='the container may reach the role of this host'
    return
  fi
  command -v iptables >/dev/null || fail 'there is no iptables to keep the container from the instance metadata' 'install iptables, or set metadata: true'
  if ! unit_is_there; then
    if [ "$CHECK" = true ]; then say metadata would-change; return; fi
    # What `systemctl enable` does, but the link first: a killed run leaves no unit that looks complete and is not enabled.
    mkdir -p "$UNIT_DIR/docker.service.wants"
    ln -sf "$METADATA_UNIT" "$UNIT_DIR/docker.service.wants/"
    printf '%s\n' "$METADATA_TEXT" >"$METADATA_UNIT.new"
    mv -f "$METADATA_UNIT.new" "$METADATA_UNIT"
    logged systemctl daemon-reload || true
    how=changed
  fi
  if ! iptables -w -t raw -C "${METADATA_RULE[@]}" 2>/dev/null; then
    if [ "$CHECK" = true ]; then say metadata would-change; return; fi
    logged iptables -w -t raw -I "${METADATA_RULE[@]}" || fail "the rule is refused: $(last_words)" 'iptables -t raw -S tells what there is'
    how=changed
  fi
  say metadata "$how"
}

METADATA_TEXT="# ragstream-edge: keeps its containers from the instance metadata, and so from the role of this host.
[Unit]
Description=No instance metadata for the containers of ragstream-edge
Before=docker.service
PartOf=docker.service
After=nftables.service iptables.service netfilter-persistent.service firewalld.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'iptables -w -t raw -C ${METADATA_RULE[*]} || iptables -w -t raw -I ${METADATA_RULE[*]}'

[Install]
WantedBy=docker.service"

unit_is_there() {
  local text
  [ -r "$METADATA_UNIT" ] && ! IFS= read -r -d '' text <"$METADATA_UNIT" && [ "$text" = "$METADATA_TEXT"$'\n' ]
}

# Before the first container of a site the network may be missing: it is made beside the test of nginx and the registry's answer.
MAKING_NETWORK=

begin_network() {
  if [ "$CHECK" = true ] || [ "$EDGE_METADATA" = true ] || container "$CONTAINER"; then return; fi
  make_network 3>&- 9>&- &
  MAKING_NETWORK=$!
}

# By its interface, which is there as long as the network is: no program is started for it.
is_barred() {
  [ "$NETWORK" = bridge ] || [ -n "$(compgen -G "$NET_DIR/$BRIDGE?")" ]
}

# Docker makes no second one of the name, and says so. Of another bridge the rule knows nothing, and for IPv6 there is none.
ensure_network() {
  local o='{' c='}' found
  if [ "$NETWORK" = bridge ]; then return; fi
  if [ -n "$MAKING_NETWORK" ] && wait "$MAKING_NETWORK"; then return; fi
  if found=$(docker network inspect --format "$o${o}index .Options \"com.docker.network.bridge.name\"$c$c $o$o.EnableIPv6$c$c" "$NETWORK" 2>>"$LOG"); then
    [[ $found == "$BRIDGE"[0-9]' false' ]] ||
      fail "the network $NETWORK was made by somebody else: by another bridge than ${BRIDGE}0, or with IPv6, the container would reach the instance metadata" "docker network rm $NETWORK, then run again"
    return
  fi
  make_network || fail "the network $NETWORK was not made: $(last_words)" 'docker network ls'
}

# What Docker was making when its host went down keeps the bridge, although there is no network of it that could be removed.
make_network() {
  local number said
  for number in 0 1 2 3 4 5 6 7 8 9; do
    said=$(docker network create --opt "com.docker.network.bridge.name=$BRIDGE$number" "$NETWORK" 2>&1) && return
    printf '%(%FT%T%z)T + docker network create (%s)\n%s\n' -1 "$BRIDGE$number" "$said" >>"$LOG"
    if [[ $said != *'same bridge name'* ]]; then return 1; fi
  done
  return 1
}
