# shellcheck shell=bash
# A network of its own for the container of each site. On one network of all sites a container asks another one's app by its address,
# past nginx and whoever it lets in, and takes its packets by ARP. Docker keeps networks apart by rules of its own.
#
# By the name of the bridge the rules of guard.sh know what a container may reach: `rsedge…` is kept from the instance metadata,
# `rsopen…` is not. A container on the network of all (`ragstream-edge`, `rsedge0`) stays there until it is made anew.

name_network() {
  local id
  # The name of an interface has at most 15 characters. Two sites of one number get bridges that differ in the digit at the end.
  id=$(printf '%s' "$EDGE_HOSTNAME" | cksum)
  NETWORK=$CONTAINER
  printf -v BRIDGE 'rsedge-%07x' "$((${id%% *} & 0xfffffff))"
  if [ "$EDGE_METADATA" = true ]; then
    NETWORK=$OPEN_NETWORK
    BRIDGE=rsopen${BRIDGE#rsedge}
  fi
}

# Before the first container of a site the network may be missing: it is made beside the test of nginx and the registry's answer.
MAKING_NETWORK=
MODE=

begin_network() {
  name_network
  if [ "$CHECK" = true ] || container "$CONTAINER"; then return; fi
  make_network 3>&- 9>&- &
  MAKING_NETWORK=$!
}

# Docker makes no second one of the name, and says so. Of another bridge the rules know nothing, and for IPv6 there are none.
ensure_network() {
  local o='{' c='}' found
  if [ -n "$MAKING_NETWORK" ] && wait "$MAKING_NETWORK"; then return; fi
  if found=$(docker network inspect --format "$o${o}index .Options \"com.docker.network.bridge.name\"$c$c $o$o.EnableIPv6$c$c" "$NETWORK" 2>>"$LOG"); then
    [[ $found == "$BRIDGE"[0-9]' false' ]] ||
      fail "the network $NETWORK was made by somebody else: by another bridge than ${BRIDGE}0, or with IPv6, the container would reach the instance metadata" "docker network rm $NETWORK, then run again"
    return
  fi
  make_network || fail "the network $NETWORK was not made: $(last_words)" 'docker network ls; where Docker has no addresses left (by default for about 31 networks), docker network prune, or default-address-pools in /etc/docker/daemon.json'
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

# The network of the site's container: in MODE, as it was made.
read_mode() {
  MODE=$(inspect container .HostConfig.NetworkMode "$CONTAINER" 2>>"$LOG") || MODE=
}

# Whether what runs is where the rules hold. By the interface, which is there as long as the network is: only for a container that
# was made before sites had networks of their own, a program is started.
is_where_rules_hold() {
  if [ -n "$(compgen -G "$NET_DIR/$BRIDGE?")" ]; then return 0; fi
  read_mode
  case $MODE in
    "$SHARED_NETWORK") [ -n "$(compgen -G "$NET_DIR/rsedge?")" ] ;;
    bridge) [ "$EDGE_METADATA" = true ] ;;
    *) return 1 ;;
  esac
}
