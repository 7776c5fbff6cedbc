# shellcheck shell=bash
# In a replace visitors wait and get no error. nginx leads to a port on which the kernel takes their
# connections and no program answers. When that port is closed the connections are cut, and nginx repeats each request at the host port.
#
# The holder ends with this run, however the run ends (PR_SET_PDEATHSIG). nginx then finds the port closed.
HOLD_PORT=
HOLDER_PID=

hold_visitors() {
  begin hold
  if open_hold; then
    begin_gap
    # Each waiting visitor takes two connections of nginx (768 by default), and the other sites of the host need some, too.
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
  # Not a job of the shell: the shell would print how it ended.
  : < <(trap '' TERM INT HUP; exec setpriv --pdeathsig KILL systemd-socket-activate --listen "127.0.0.1:$PORT" sleep infinity >/dev/null 2>&1 3>&- 9>&-)
  HOLDER_PID=$!
  if await_listener "$PORT" "$HOLDER_PID"; then
    HOLD_PORT=$PORT
  else
    close_hold
    return 1
  fi
}

# await_listener <port> <its process>: waits until this process, and no other, listens on the port.
await_listener() {
  local try
  for ((try = 0; try < 40; try++)); do
    if [[ $(ss -Hltnp "sport = :$1") == *"pid=$2,"* ]]; then return 0; fi
    if [ ! -e "/proc/$2" ]; then return 1; fi
    sleep 0.05
  done
  return 1
}

# From here on the serving container answers the waiting visitors.
close_hold() {
  if [ -z "$HOLDER_PID" ]; then return; fi
  kill -KILL "$HOLDER_PID" 2>/dev/null || true
  HOLDER_PID=
}
