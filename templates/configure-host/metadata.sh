# shellcheck shell=bash
# Who reaches 169.254.169.254 has the role of the host. Containers are kept from it unless the site says metadata: true.
#
# They get a bridge of their own, and what comes in by it for that address is dropped in `raw`, before Docker's rules:
# Docker never touches that chain, whether it restarts or not, and the rule can be there before the bridge is. A unit
# that starts before Docker brings it back after a boot. The network has no IPv6, and so no way to fd00:ec2::254.

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
    # Nobody starts it before the next boot, so systemd need not read it now.
    mkdir -p "$UNIT_DIR/multi-user.target.wants"
    ln -sf "$METADATA_UNIT" "$UNIT_DIR/multi-user.target.wants/"
    printf '%s\n' "$METADATA_TEXT" >"$METADATA_UNIT.new"
    mv -f "$METADATA_UNIT.new" "$METADATA_UNIT"
    how=changed
  fi
  # shellcheck disable=SC2086 # Words of a rule.
  if ! iptables -w -t raw -C $METADATA_RULE 2>/dev/null; then
    if [ "$CHECK" = true ]; then say metadata would-change; return; fi
    # shellcheck disable=SC2086
    logged iptables -w -t raw -I $METADATA_RULE || fail "the rule is refused: $(last_words)" 'iptables -t raw -S tells what there is'
    how=changed
  fi
  say metadata "$how"
}

METADATA_TEXT="# ragstream-edge: keeps its containers from the instance metadata, and so from the role of this host.
[Unit]
Description=No instance metadata for the containers of ragstream-edge
Before=docker.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'iptables -w -t raw -C $METADATA_RULE || iptables -w -t raw -I $METADATA_RULE'

[Install]
WantedBy=multi-user.target"

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

# Docker makes no second one of the name, and says so.
ensure_network() {
  if [ "$NETWORK" = bridge ]; then return; fi
  if [ -n "$MAKING_NETWORK" ] && wait "$MAKING_NETWORK"; then return; fi
  docker network inspect "$NETWORK" >/dev/null 2>&1 || make_network ||
    fail "the network $NETWORK was not made: $(last_words)" 'docker network ls'
}

make_network() {
  logged docker network create --opt "com.docker.network.bridge.name=$BRIDGE" "$NETWORK"
}
