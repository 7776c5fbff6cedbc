# shellcheck shell=bash
# Whether the site really answers. Streamlit answers any unknown path with 200 and its page, so only the health path
# with the body "ok" and nothing else counts.

# await_health <container> <port>
await_health() {
  local until restarts
  read_clock
  until=$((NOW + EDGE_START_TIMEOUT))
  while :; do
    ask "$2" /_stcore/health
    if [ "$ANSWER" = 'ok 200' ]; then return 0; fi
    # Docker restarts it again and again: waiting longer only lengthens the gap. A candidate is not restarted, it ends.
    restarts=$(inspect container '.RestartCount' "$1" 2>/dev/null || echo 3)
    if [ "$restarts" -ge 3 ] || [ "$(inspect container '.State.Running' "$1" 2>/dev/null)" != true ]; then return 1; fi
    read_clock
    if [ "$NOW" -ge "$until" ]; then return 1; fi
    sleep 0.2
  done
}

check_container() {
  begin health
  if await_health "$CONTAINER" "$EDGE_HOST_PORT"; then
    if [ -n "$GAP_FROM" ]; then
      read_clock
      say health ok port="$EDGE_HOST_PORT" gap_ms="$((NOW_MS - GAP_FROM))"
    else
      say health ok port="$EDGE_HOST_PORT"
    fi
    return
  fi
  explain_health "$CONTAINER"
  fail "no ok from 127.0.0.1:$EDGE_HOST_PORT/_stcore/health; last answer: $ANSWER; $ENDED" 'the log of the app is above; the site as it was before is put back'
}

# explain_health <container>: its last lines, and in ENDED how it ended.
explain_health() {
  ENDED=$(ended_with "$1")
  docker logs --tail 20 "$1" 2>&1 | tr -cd '\n[:print:]' | cut -c 1-200 | sed 's/^/  | /' || true
}

# What a visitor of the right name gets. A reload returns before its switch, so a wrong answer is asked again.
check_through_nginx() {
  begin port-80-health
  local try
  for try in 1 2 3 4 5 6 7 8 9 10; do
    ask 80 /_stcore/health
    if [ "$ANSWER" = 'ok 200' ]; then
      check_wrong_name
      say port-80-health ok host="$EDGE_HOSTNAME"
      return
    fi
    sleep 0.3
  done
  fail "through port 80$(which_address) $EDGE_HOSTNAME answers: $ANSWER (asked $try times)" 'the site as it was before is put back'
}

# And of a wrong one. What a block of somebody else answers, one that bears a pattern as its name, is its owner's.
check_wrong_name() {
  local try
  for try in 1 2 3 4 5 6 7 8 9 10; do
    ask 80 /_ragstream-edge "$NOBODY"
    if [ "$TAKE_DEFAULT" != true ] || [ "$ANSWER" = 'no answer' ]; then break; fi
    sleep 0.1
  done
  if [[ $ANSWER =~ ^[0-9a-f]{16}\ 200$ ]]; then
    fail "through port 80 a site of ragstream-edge answers to $NOBODY, which is nobody's name" 'another server block may lead to it: nginx -T tells'
  fi
  if [ "$TAKE_DEFAULT" = true ] && [ "$ANSWER" != 'no answer' ]; then
    say default ok reason="a server block of somebody else answers to $NOBODY, and so to unknown names; it stays"
  fi
}

rendering_is_live() {
  ask 80 /_ragstream-edge
  [ "$ANSWER" = "$RENDERING 200" ]
}

which_address() {
  if [ "$NGINX_AT" != 127.0.0.1 ]; then printf ' of %s' "$NGINX_AT"; fi
}

await_rendering() {
  read_clock
  local until=$((NOW + SWITCH_WAIT))
  while ! rendering_is_live; do
    read_clock
    if [ "$NOW" -ge "$until" ]; then return 1; fi
    sleep 0.1
  done
}
