# shellcheck shell=bash
# The server block goes, what was set aside for it comes back, and with the last site also the default server.
SWAPPING=false
# No file is cut or taken over here; see staging.sh.
DEFAULT_STOCK=

# The name still gets a site of ours: by what nginx has loaded, which may be older than what lies on the disk.
is_live() {
  [ "$NGINX_RUNS" = true ] || return 1
  ask 80 /_ragstream-edge
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
  # While what to go back to is there, workers from before the reload of a run that was killed may be left.
  [ ! -e "$SITE_FILE" ] && [ ! -e "$PREVIOUS_FILE" ] && ! is_live
}

test_without_site() {
  begin nginx-test
  if [ -s "$SITE_FILE" ] && ! is_written_by_us "$SITE_FILE"; then
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
  rm -f "$STAGE/conf.d/${SITE_FILE##*/}"
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
    await_no_site || fail "$EDGE_HOSTNAME still gets a site of ragstream-edge" 'another server block of ours may have the name: nginx -T tells'
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

# The default server before the stock one comes back, since two do not load; the site's file last, since a run that was
# killed is told by it.
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

await_no_site() {
  local until
  read_clock
  until=$((NOW + SWITCH_WAIT))
  while is_live; do
    read_clock
    if [ "$NOW" -ge "$until" ]; then return 1; fi
    sleep 0.1
  done
}
