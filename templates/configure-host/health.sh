# Checks that the site answers. Only the right answer of the app's health path counts.
HEALTH_BODY=$(printf '%s' "$EDGE_HEALTH_BODY" | base64 -d 2>/dev/null) || true
# The answer expected through nginx. On a guarded site nginx itself says ok to strangers.
WANTED=$HEALTH_BODY
if is_guarded; then WANTED=ok; fi

# True if the run changed nothing and each hop of a visitor's request gave the right answer.
ALL_ANSWERED=false

# One curl asks the app, nginx for this rendering, the app through nginx, and nginx for a wrong name: a run with nothing to do spends most
# of its time on starting programs. After a wrong answer each is asked again by itself, with its own time limit.
ask_all() {
  local text='' said=()
  local -a as=(--silent --max-time 5 --noproxy '*' --write-out $' %{http_code}\036') health
  health=("${as[@]}" --header "Host: $EDGE_HOSTNAME")
  # A page may be long.
  if [ -z "$HEALTH_BODY" ]; then health+=(--output /dev/null); fi
  if [ "$OVERALL" != unchanged ] || [ -e "$PREVIOUS_FILE" ] || ! site_file_is_as_wanted; then return; fi
  IFS= read -r -N 500 text < <(exec curl "${health[@]}" "http://127.0.0.1:$EDGE_HOST_PORT$HEALTH_PATH" \
    --next "${health[@]}" "http://$NGINX_AT:80$HEALTH_PATH" \
    --next "${as[@]}" --header "Host: $EDGE_HOSTNAME" "http://$NGINX_AT:80/_ragstream-edge" \
    --next "${as[@]}" --header "Host: $NOBODY" "http://$NGINX_AT:80/_ragstream-edge") || true
  IFS=$'\036' read -r -d '' -a said <<<"$text" || true
  if [ "${#said[@]}" -ne 5 ] || [ "${said[2]}" != "$RENDERING 200" ]; then return; fi
  if [ "${said[3]}" != ' 000' ] && { [ "$TAKE_DEFAULT" = true ] || [[ ${said[3]} =~ ^[0-9a-f]{16}\ 200$ ]]; }; then return; fi
  ANSWER=${said[0]}
  is_healthy || return 0
  ANSWER=${said[1]}
  if is_healthy "$WANTED"; then ALL_ANSWERED=true; fi
}

# await_health <container> <port>
await_health() {
  local until look
  if [ -z "$2" ]; then return 1; fi
  read_clock
  until=$((NOW_MS + EDGE_START_TIMEOUT * 1000))
  look=$((NOW_MS + 500))
  while :; do
    ask "$2" "$HEALTH_PATH"
    if is_healthy; then return 0; fi
    # A call of Docker uses as much of the processor as ten requests of the app.
    read_clock
    if [ "$NOW_MS" -ge "$look" ]; then
      may_come_up "$1" || return 1
      look=$((NOW_MS + 500))
    fi
    if [ "$NOW_MS" -ge "$until" ]; then return 1; fi
    sleep 0.05
  done
}

# True if Docker restarts the container again and again: more waiting only makes the gap longer. Docker does not restart a candidate.
may_come_up() {
  local state
  state=$(inspect container ".State.Running}} {""{.RestartCount" "$1" 2>/dev/null) || return 1
  [[ $state == 'true '[012] ]]
}

check_container() {
  if [ "$CHECK" = true ]; then return; fi
  begin health
  if [ "$ALL_ANSWERED" = true ] || await_health "$CONTAINER" "$EDGE_HOST_PORT"; then
    close_hold
    if [ -n "$GAP_FROM" ]; then
      read_clock
      say health ok port="$EDGE_HOST_PORT" gap_ms="$((NOW_MS - GAP_FROM))"
    else
      say health ok port="$EDGE_HOST_PORT"
    fi
    judge_health_path
    return
  fi
  HAD_ITS_TIME=true
  explain_health "$CONTAINER"
  fail "no ok from 127.0.0.1:$EDGE_HOST_PORT$HEALTH_PATH; last answer: $ANSWER; $ENDED" 'the log of the app is above; the site as it was before is put back'
}

# Reported at the first roll-out only. The app itself works.
judge_health_path() {
  if [ -e "$SITE_STATE/applied" ]; then return; fi
  ask "$EDGE_HOST_PORT" /ragstream-edge-none
  if is_healthy; then say health ok reason="the app answers any path as it answers $HEALTH_PATH, which then says nothing about whether it is ready"; fi
}

blank_lines() {
  local line
  while IFS= read -r line || [ -n "$line" ]; do
    blank "$line"
    printf '%s\n' "$BLANKED"
  done
}

# explain_health <container>: prints its last lines, and sets ENDED to how it ended.
explain_health() {
  ENDED=$(ended_with "$1")
  docker logs --tail 20 "$1" 2>&1 | blank_lines | tr -cd '\n[:print:]' | cut -c 1-200 | sed 's/^/  | /' || true
}

# The answer to the site's own name. An app that has just started can miss a request, so a wrong answer is asked for again.
check_through_nginx() {
  begin port-80-health
  if [ "$ALL_ANSWERED" != true ]; then
    await 3000 0.1 answers_through_nginx ||
      fail "through port 80$(which_address) $EDGE_HOSTNAME answers: $ANSWER (asked for 3 s)" 'the site as it was before is put back'
    check_wrong_name
  fi
  say port-80-health ok host="$EDGE_HOSTNAME"
}

answers_through_nginx() {
  ask_twice 80 "$HEALTH_PATH"
  is_healthy "$WANTED"
}

# The answer to an unknown name. A block of somebody else with a pattern as its name may answer it.
check_wrong_name() {
  ask_twice 80 /_ragstream-edge "$NOBODY"
  if [[ $ANSWER =~ ^[0-9a-f]{16}\ 200$ ]]; then
    fail "through port 80 a site of ragstream-edge answers to $NOBODY, which is nobody's name" 'another server block may lead to it: nginx -T tells'
  fi
  if [ "$TAKE_DEFAULT" = true ] && [ "$ANSWER" != 'no answer' ]; then
    say default ok reason="a server block of somebody else answers to $NOBODY, and so to unknown names; it stays"
  fi
}

rendering_is_live() {
  if [ "$ALL_ANSWERED" = true ]; then return; fi
  ask_twice 80 /_ragstream-edge
  [ "$ANSWER" = "$RENDERING 200" ]
}

which_address() {
  if [ "$NGINX_AT" != 127.0.0.1 ]; then printf ' of %s' "$NGINX_AT"; fi
}
