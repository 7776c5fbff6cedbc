# shellcheck shell=bash
# Whether the site really answers. Streamlit answers any unknown path with 200 and its page, so only the health path
# with the body "ok" and nothing else counts.
ANSWER=

# ask <port> <path>: body and status of an answer for the site's name, in ANSWER. Printed after the body, the status
# also keeps the body's line ends, which $(...) would drop.
ask() {
  ANSWER=$(curl --silent --max-time 5 --noproxy '*' --header "Host: $EDGE_HOSTNAME" --write-out ' %{http_code}' "http://127.0.0.1:$1$2" | tail -c 300 | tr -d '\000') || true
  if [ "$ANSWER" = ' 000' ]; then ANSWER='no answer'; fi
}

await_health() {
  local until restarts
  read_clock
  until=$((NOW + EDGE_START_TIMEOUT))
  while :; do
    ask "$EDGE_HOST_PORT" /_stcore/health
    if [ "$ANSWER" = 'ok 200' ]; then return 0; fi
    # Docker restarts it again and again: waiting longer only lengthens the gap.
    restarts=$(inspect container .RestartCount "$CONTAINER" 2>/dev/null || echo 3)
    read_clock
    if [ "$restarts" -ge 3 ] || [ "$NOW" -ge "$until" ]; then return 1; fi
    sleep 0.3
  done
}

check_container() {
  begin health
  if await_health; then
    say health ok port="$EDGE_HOST_PORT"
    return
  fi
  local code last=$ANSWER
  code=$(inspect container .State.ExitCode "$CONTAINER" || true)
  print_log_tail
  fail "no ok from 127.0.0.1:$EDGE_HOST_PORT/_stcore/health; last answer: $last; exit code $code" 'the log of the app is above; the site as it was before is put back'
}

print_log_tail() {
  docker logs --tail 20 "$CONTAINER" 2>&1 | tr -cd '\n[:print:]' | cut -c 1-200 | sed 's/^/  | /' || true
}

# What a visitor of the right name gets. A reload returns before its switch, so a wrong answer is asked again.
check_through_nginx() {
  begin port-80-health
  local try
  for try in 1 2 3 4 5 6 7 8 9 10; do
    ask 80 /_stcore/health
    if [ "$ANSWER" = 'ok 200' ]; then
      say port-80-health ok host="$EDGE_HOSTNAME"
      return
    fi
    sleep 0.3
  done
  fail "through port 80 $EDGE_HOSTNAME answers: $ANSWER (asked $try times)" 'the site as it was before is put back'
}

rendering_is_live() {
  ask 80 /_ragstream-edge
  [ "$ANSWER" = "$RENDERING 200" ]
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
