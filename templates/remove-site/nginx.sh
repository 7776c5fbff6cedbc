# Removes the server block and restores the files that were moved aside for it. With the last site it also removes the default server.
SWAPPING=false
# No file is edited or adopted here; see staging.sh.
DEFAULT_STOCK=

# True if the name still gets a site of ours. Asks nginx, because its loaded configuration can be older than the files.
is_live() {
  [ "$NGINX_RUNS" = true ] || return 1
  ask_twice 80 /_ragstream-edge
  [[ $ANSWER =~ ^[0-9a-f]{16}\ 200$ ]]
}

folders_aside() {
  printf '%s\n' "$SITE_ASIDE"
  if [ "$LAST_SITE" = true ]; then printf '%s\n' "$DEFAULT_ASIDE"; fi
}

nginx_is_done() {
  local folder
  while read -r folder; do
    if [ -n "$(lines_aside "$folder")" ]; then return 1; fi
  done < <(folders_aside)
  if [ "$LAST_SITE" = true ] && [ -e "$DEFAULT_FILE" ]; then return 1; fi
  # While the old file is kept, old workers can remain from the reload of a killed run.
  [ ! -e "$SITE_FILE" ] && [ ! -e "$PREVIOUS_FILE" ] && ! is_live
}

test_without_site() {
  begin nginx-test
  # The first line of each nginx file says who wrote it.
  if [ -s "$SITE_FILE" ] && [[ $(head -n 1 "$SITE_FILE") != '# ragstream-edge: '* ]]; then
    fail "$SITE_FILE was not written by ragstream-edge" 'move it away by hand, then run again'
  fi
  local complaint folder
  if [ "$HAS_NGINX" != true ] || nginx_is_done; then
    say nginx-test unchanged
    return
  fi
  discard_stage
  stage_folder conf.d
  stage_folder sites-enabled
  rm -f "$STAGE/${SITE_FILE#"$NGINX_DIR/"}"
  if [ "$LAST_SITE" = true ]; then rm -f "$STAGE/conf.d/${DEFAULT_FILE##*/}"; fi
  while read -r folder; do
    stage_files_back "$folder"
  done < <(folders_aside)
  stage_main "$NGINX_DIR/nginx.conf"
  complaint=$(nginx_complaint nginx -t -c "$STAGE_MAIN") ||
    fail "nginx refuses the configuration without the site: $complaint" "nothing was changed; see $LOG on the host"
  discard_stage
  say nginx-test ok
}

swap_nginx() {
  begin nginx
  if nginx_is_done; then
    say nginx unchanged
    return
  fi
  if [ "$CHECK" = true ]; then
    say nginx would-change file="$SITE_FILE" default="$(default_goes)"
    return
  fi
  mkdir -p "$SITE_STATE"
  keep_previous_file
  SWAPPING=true
  take_files_away
  if [ "$NGINX_RUNS" = true ]; then
    reload_nginx || fail "nginx was not reloaded: $(last_words)" "the old configuration is back; see $LOG on the host"
    await "$((SWITCH_WAIT * 1000))" 0.1 is_gone || fail "$EDGE_HOSTNAME still gets a site of ragstream-edge" 'another server block of ours may have the name: nginx -T tells'
    await_switch || fail "$NOT_SWITCHED" 'the old configuration is back; systemctl status nginx shows the workers'
  fi
  SWAPPING=false
  rm -rf "$PREVIOUS_FILE" "$UNDO"
  say nginx changed file="$SITE_FILE" default="$(default_goes)" answer="$(what_name_gets)"
}

what_name_gets() {
  if [ "$NGINX_RUNS" != true ]; then printf 'nginx does not run'; elif [ "$ANSWER" = 'no answer' ]; then printf none; else printf '%s' "${ANSWER##* }"; fi
}

default_goes() {
  if [ "$LAST_SITE" = true ]; then printf 'removed'; else printf 'stays'; fi
}

# Our default server is removed before the stock one returns, because nginx refuses two. The site's file is removed last: it shows that a
# killed run did not finish.
take_files_away() {
  local folder
  rm -rf "$UNDO"
  if [ "$LAST_SITE" = true ] && [ -e "$DEFAULT_FILE" ]; then
    keep_for_undo "$DEFAULT_FILE"
    rm -f "$DEFAULT_FILE"
  fi
  while read -r folder; do
    put_files_back "$folder"
  done < <(folders_aside)
  rm -f "$SITE_FILE"
}

is_gone() {
  ! is_live
}
