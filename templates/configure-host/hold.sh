# During a replace visitors wait and get no error. nginx sends them to a port where the kernel accepts connections but no program
# answers. When that port closes, the connections break, and nginx sends each request again to the host port.
#
# The holding program ends with this run, even if the run is killed (PR_SET_PDEATHSIG). Then its port closes.
HOLD_PORT=
HOLDER_PID=

hold_visitors() {
  begin hold
  if open_hold; then
    begin_gap
    # Each waiting visitor uses two connections of nginx (768 by default), and the host's other sites need some.
    lead_to "$HOLD_PORT" ' max_conns=200' "$(port_of "$PREVIOUS_CONTAINER")"
    drain "$HOLD_DRAIN_WAIT"
    say hold ok port="$HOLD_PORT"
  else
    say hold ok reason='visitors cannot be held here (setpriv, systemd-socket-activate): they get 502 until the new container answers'
  fi
  begin container
}

# At the first connection it becomes a program that never accepts a connection.
open_hold() {
  if ! type -P setpriv systemd-socket-activate >/dev/null; then return 1; fi
  choose_port
  # Not a job of the shell, because the shell would print how it ended.
  : < <(trap '' TERM INT HUP; exec setpriv --pdeathsig KILL systemd-socket-activate --listen "127.0.0.1:$PORT" sleep infinity >/dev/null 2>&1 3>&- 9>&-)
  HOLDER_PID=$!
  if await_listener "$PORT" "$HOLDER_PID"; then
    HOLD_PORT=$PORT
  else
    close_hold
    return 1
  fi
}

# await_listener <port> <process>: waits until exactly this process listens on the port.
await_listener() {
  local try
  for ((try = 0; try < 200; try++)); do
    if [[ $(ss -Hltnp "sport = :$1") == *"pid=$2,"* ]]; then return 0; fi
    if [ ! -e "/proc/$2" ]; then return 1; fi
    sleep 0.05
  done
  return 1
}

# From now on the serving container answers the waiting visitors.
close_hold() {
  if [ -z "$HOLDER_PID" ]; then return; fi
  kill -KILL "$HOLDER_PID" 2>/dev/null || true
  HOLDER_PID=
}
