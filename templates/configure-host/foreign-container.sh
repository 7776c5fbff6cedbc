# shellcheck shell=bash
# Whose the host port is, and the names of our containers.

# What the kernel says of the host port, where no container publishes it.
HOST_PORT_HOLDER=

find_foreign_container() {
  begin host-port
  local name
  for name in "$PREVIOUS_CONTAINER" "$CANDIDATE_CONTAINER" "$CONTAINER"; do
    if container "$name" && [ "$SITE" != "$EDGE_HOSTNAME" ]; then
      if [ "$name" != "$CONTAINER" ]; then
        not_ours_to_take host-port "a container named $name is there that is not ours" 'remove or rename it'
      fi
      holder_found "$name" "a container named $name is there that is not ours"
      return
    fi
  done
  await_holder
  for name in "$CONTAINER" "$PREVIOUS_CONTAINER" "$CANDIDATE_CONTAINER"; do
    if publishes "$name" "$EDGE_HOST_PORT"; then return; fi
  done
  if ! find_holder "$EDGE_HOST_PORT"; then
    if [ -z "$HOST_PORT_HOLDER" ]; then return; fi
    not_ours_to_take host-port "port $EDGE_HOST_PORT is held by a program that is no container" 'stop it, or choose another port'
  fi
  if [ -n "$SITE" ]; then
    not_ours_to_take host-port "port $EDGE_HOST_PORT is held by $HOLDER" 'give each site of a host a hostPort of its own'
  fi
  holder_found "$HOLDER" "port $EDGE_HOST_PORT is held by $HOLDER"
}

# Docker holds the port before it lists the container that publishes it, and starts it to the end though the run that asked
# for it was killed.
await_holder() {
  if stays_held_for_nobody; then free_port; fi
}

stays_held_for_nobody() {
  local try
  for try in 1 2 3 4 5 6; do
    if ! is_held_for_nobody; then return 1; fi
    sleep "0.$try"
    read_containers
  done
}

is_held_for_nobody() {
  if find_holder "$EDGE_HOST_PORT"; then return 1; fi
  HOST_PORT_HOLDER=$(ss -Hltnp "sport = :$EDGE_HOST_PORT")
  [[ $HOST_PORT_HOLDER == *'"docker-proxy"'* ]]
}

# A host that went down while Docker started our container: at the boot Docker takes the port for it again, never starts it,
# and lets go of the port only when it is started anew itself. Not where that would stop the containers of others.
free_port() {
  if [ "$CHECK" = true ]; then return; fi
  if container "$CONTAINER" && [ "$STATUS" = Created ]; then remove_container "$CONTAINER"; fi
  if is_held_for_nobody && ! grep -qE '[|](Up|Restarting) ' <<<"$CONTAINERS"; then
    logged systemctl restart docker || service_failed docker
    await_docker
    say host-port changed restarted=docker reason="it held port $EDGE_HOST_PORT for a container that is not there"
  fi
  if stays_held_for_nobody; then not_ours_to_take host-port "Docker holds port $EDGE_HOST_PORT for a container that does not run" 'systemctl restart docker'; fi
}

holder_found() {
  if [ "$EDGE_ADOPT" = true ] && [ "$1" != "$ADOPTED_CONTAINER" ] && container "$ADOPTED_CONTAINER"; then
    not_ours_to_take host-port "$2, and one that was taken over before is kept as $ADOPTED_CONTAINER" "stop $1, or docker rm $ADOPTED_CONTAINER"
  fi
  if [ "$EDGE_ADOPT" = true ] && [ "$(inspect container .HostConfig.AutoRemove "$1")" = true ]; then
    not_ours_to_take host-port "$2, and it was started with --rm: stopped, it could not be put back" 'start it without --rm, or stop it'
  fi
  ADOPT_HOLDER=$1
  found host-port "$2" kind=container name="$1"
}
