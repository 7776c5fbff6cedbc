# shellcheck shell=bash
# In a replace visitors wait, instead of being told that nobody is there: nginx leads to a port where the kernel takes their
# connections and no program answers them. When it is closed they are cut, and nginx asks the host port for each of them.
#
# The holder lives no longer than this run: it ends with the pipe that it reads, and then nginx finds nobody there.
HOLD_PORT=
HOLD_PIPE=

hold_visitors() {
  begin hold
  if open_hold; then
    begin_gap
    lead_to "$HOLD_PORT"
    drain "$HOLD_DRAIN_WAIT"
    say hold ok port="$HOLD_PORT"
  else
    say hold ok reason='there is nothing to hold visitors with (systemd-socket-activate): they get 502 until the new container answers'
  fi
  begin container
}

# A port below those that the kernel gives to clients, and no other program's.
open_hold() {
  local try port
  if ! type -P systemd-socket-activate >/dev/null; then return 1; fi
  for try in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 12000))
    exec {HOLD_PIPE}> >(exec systemd-socket-activate --listen "127.0.0.1:$port" cat >/dev/null 2>&1 3>&- 9>&-)
    if await_listener "$port" "$!"; then
      # It starts the program that reads the pipe at the first connection, which nobody else is to be.
      : 2>/dev/null <>"/dev/tcp/127.0.0.1/$port" || true
      HOLD_PORT=$port
      return 0
    fi
    close_hold
  done
  return 1
}

# await_listener <port> <its process>: until it listens, and nobody else.
await_listener() {
  local try
  for ((try = 0; try < 40; try++)); do
    if [[ $(ss -Hltnp "sport = :$1") == *"pid=$2,"* ]]; then return 0; fi
    if [ ! -e "/proc/$2" ]; then return 1; fi
    sleep 0.05
  done
  return 1
}

# From here on whoever waits is answered by the host port.
close_hold() {
  if [ -n "$HOLD_PIPE" ]; then exec {HOLD_PIPE}>&-; fi
  HOLD_PIPE=
}
