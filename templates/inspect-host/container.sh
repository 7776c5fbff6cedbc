# The site's container, and the programs that listen on the host.
UNKNOWN_CONTAINER='"state":"unknown","restarts":null,"exitCode":null,"image":null,"hash":null,"publish":[],"listens":null'

# Asks Docker both questions at once: on a host that has just started, each answer can take a second.
container_state() {
  local state restarts code pid id image network details ports=()
  if ! is_installed docker; then
    printf '%s\n' "${UNKNOWN_CONTAINER/unknown/absent}"
    return
  fi
  exec {details}< <(inspect container ".State.Status}}|{""{.RestartCount}}|{""{.State.ExitCode}}|{""{.State.Pid}}|{""{.Id}}|{""{.Config.Image}}|{""{.HostConfig.NetworkMode" "$CONTAINER")
  read_containers || return
  if ! container "$CONTAINER"; then
    printf '%s\n' "${UNKNOWN_CONTAINER/unknown/absent}"
    return
  fi
  IFS='|' read -r -u "$details" state restarts code pid id image network
  if [ -z "$state" ]; then state=unknown; fi
  if [ "$state" = running ]; then code=; fi
  if [ "$state" = running ] && [ "$restarts" != 0 ]; then code=$(exit_code_of_id "$id"); fi
  mapfile -t ports < <(published <<<"$PORTS")
  printf '"state":%s,"restarts":%s,"exitCode":%s,"image":%s,"hash":%s,"publish":[%s],"listens":%s,"metadataBarred":%s\n' \
    "$(json_string "$state" 20)" "$(json_number "$restarts")" "$(json_number "$code")" "$(json_text "$image" 300)" \
    "$(json_text "$HASH" 32)" "$(json_strings 8 60 ${ports[@]+"${ports[@]}"})" "$(listens "$pid")" \
    "$(metadata_barred "$network")"
}

# metadata_barred <network of the container>: null on a network that is not ours. There the site lets the container reach the metadata.
metadata_barred() {
  if [ "$1" != "$CONTAINER" ] && [ "$1" != "$SHARED_NETWORK" ]; then printf null
  elif timeout "$LOOK_WAIT" iptables -w -t raw -C "${METADATA_RULE[@]}" >/dev/null 2>&1; then printf true
  elif [ "$?" -lt 124 ]; then printf false
  else printf null
  fi
}

# Docker's list, without ports that are only exposed.
published() {
  local line part parts
  while read -r line; do
    IFS=, read -ra parts <<<"$line"
    for part in ${parts[@]+"${parts[@]}"}; do
      if [[ $part == *'->'* ]]; then printf '%s\n' "${part# }"; fi
    done
  done
}

# listens <pid>: where programs inside the container listen, from the tables of its own network. 127.0.0.11 is Docker's
# resolver.
listens() {
  local local_address state ends=()
  if [[ ! $1 =~ ^[1-9] ]] || [ ! -r "/proc/$1/net/tcp" ]; then
    printf null
    return
  fi
  while read -r _ local_address _ state _; do
    if [ "$state" = 0A ] && [[ $local_address != 0B00007F:* ]]; then ends+=("$(readable "$local_address")"); fi
  done < <(cat "/proc/$1/net/tcp" "/proc/$1/net/tcp6" 2>/dev/null)
  printf '[%s]' "$(json_strings 6 60 ${ends[@]+"${ends[@]}"})"
}

# readable <hex address:hex port>: the kernel writes four bytes at a time, the last one first.
readable() {
  local hex port
  IFS=: read -r hex port <<<"$1"
  port=$((16#$port))
  if [[ $hex =~ ^(..)(..)(..)(..)$ ]]; then
    printf '%d.%d.%d.%d:%d' "0x${BASH_REMATCH[4]}" "0x${BASH_REMATCH[3]}" "0x${BASH_REMATCH[2]}" "0x${BASH_REMATCH[1]}" "$port"
  elif [[ $hex =~ ^0{32}$ ]]; then printf '[::]:%d' "$port"
  elif [[ $hex =~ ^0{24}01000000$ ]]; then printf '[::1]:%d' "$port"
  else printf '[%s]:%d' "$hex" "$port"
  fi
}

# Sockets of the site come first.
listening() {
  local address port program separator=
  is_installed ss || return
  while read -r address port program; do
    printf '%s{"address":%s,"port":%s,"program":%s}' "$separator" "$(json_string "$address" 46)" "$port" "$(json_text "$program" 16)"
    separator=,
  done < <(timeout "$LOOK_WAIT" ss -Hltnp | sockets | sort -rn | head -n 14 | cut -d ' ' -f 2-)
  echo
}

# <weight> <address> <port> <program>
sockets() {
  awk -v ports=" 80 443 $EDGE_HOST_PORT $EDGE_CONTAINER_PORT " '
    match($4, /:[0-9]+$/) {
      port = substr($4, RSTART + 1); program = ""
      if (match($0, /users:\(\("[^"]*"/)) program = substr($0, RSTART + 9, RLENGTH - 10)
      gsub(/ /, "_", program)
      address = substr($4, 1, length($4) - length(port) - 1)
      print (index(ports, " " port " ") > 0), address, port, program
    }
  '
}
