# Each site's container has its own network. On a common network a container could reach another site's app without nginx and its access
# rules, and could take its packets by ARP. Docker separates networks with its own rules.
#
# The bridge's name tells the rules of guard.sh what a container may reach: `rsedge…` may not reach the instance metadata, `rsopen…` may.
# A container on the old common network (`ragstream-edge`, `rsedge0`) stays there until it is replaced.

name_network() {
  local id
  # An interface's name has at most 15 characters. If two sites get the same number, the last digit of their bridges differs.
  id=$(printf '%s' "$EDGE_HOSTNAME" | cksum)
  NETWORK=$CONTAINER
  printf -v BRIDGE 'rsedge-%07x' "$((${id%% *} & 0xfffffff))"
  if [ "$EDGE_METADATA" = true ]; then
    NETWORK=$OPEN_NETWORK
    BRIDGE=rsopen${BRIDGE#rsedge}
  fi
}

# Creates the network of a first container, beside the test of nginx and the registry's answer.
MAKING_NETWORK=
MODE=

begin_network() {
  name_network
  if [ "$CHECK" = true ] || container "$CONTAINER"; then return; fi
  make_network 3>&- 9>&- &
  MAKING_NETWORK=$!
}

# Docker refuses a second network of the same name. The rules do not cover another bridge, nor IPv6.
ensure_network() {
  local found code=0
  if [ -n "$MAKING_NETWORK" ] && wait "$MAKING_NETWORK"; then return; fi
  found=$(docker network inspect --format "{""{index .Options \"com.docker.network.bridge.name\"}} {""{.EnableIPv6}}" "$NETWORK" 2>>"$LOG") || code=$?
  # Docker that does not answer has not said that there is no such network.
  if [ "$code" -eq 124 ]; then return 124; fi
  if [ "$code" -eq 0 ]; then
    [[ $found == "$BRIDGE"[0-9]' false' ]] ||
      fail "the network $NETWORK was made by somebody else: by another bridge than ${BRIDGE}0, or with IPv6, the container would reach the instance metadata" "docker network rm $NETWORK, then run again"
    return
  fi
  make_network || fail "the network $NETWORK was not made: $(last_words)" 'docker network ls; where Docker has no addresses left (by default for about 31 networks), docker network prune, or default-address-pools in /etc/docker/daemon.json'
}

# If the host went down while Docker created the network, the bridge stays, but Docker has no network to remove.
make_network() {
  local number said
  for number in 0 1 2 3 4 5 6 7 8 9; do
    said=$(docker network create --opt "com.docker.network.bridge.name=$BRIDGE$number" "$NETWORK" 2>&1) && return
    printf '%(%FT%T%z)T + docker network create (%s)\n%s\n' -1 "$BRIDGE$number" "$said" >>"$LOG"
    if [[ $said != *'same bridge name'* ]]; then return 1; fi
  done
  return 1
}

# Sets MODE to the network with which the site's container was created.
read_mode() {
  MODE=$(inspect container .HostConfig.NetworkMode "$CONTAINER" 2>>"$LOG") || MODE=
}

# True if the running container is on a network that the rules cover. The interface shows it, without starting a program, except for
# containers from before sites had their own networks.
is_where_rules_hold() {
  if [ -n "$(compgen -G "$NET_DIR/$BRIDGE?")" ]; then return 0; fi
  read_mode
  case $MODE in
    "$SHARED_NETWORK") [ -n "$(compgen -G "$NET_DIR/rsedge?")" ] ;;
    bridge) [ "$EDGE_METADATA" = true ] ;;
    *) return 1 ;;
  esac
}
