# The site in nginx: its file, the loaded configuration, other blocks with its name, and the answer to an unknown Host.

nginx_active() {
  timeout "$LOOK_WAIT" systemctl is-active --quiet nginx >/dev/null
  # 3: not active, 4: no such unit.
  case $? in
    0) echo true ;;
    3 | 4) echo false ;;
  esac
}

file_rendering() {
  local text=
  if [ -r "$SITE_FILE" ]; then text=$(<"$SITE_FILE"); fi
  if [[ $text =~ return\ 200\ ([0-9a-f]{16})\; ]]; then printf '"%s"' "${BASH_REMATCH[1]}"; else printf null; fi
}

# The site's aliases. The document knows only the hostname; the site's file has all names.
names_in_file() {
  local text=
  if [ -r "$SITE_FILE" ]; then text=$(<"$SITE_FILE"); fi
  if [[ $text =~ server_name\ ([a-z0-9.\ -]+)\; ]]; then printf '%s' "${BASH_REMATCH[1]// /,}"; fi
}

nginx_configuration() {
  local said error= names=null files=()
  if ! is_installed nginx; then
    error='nginx is not installed'
  elif said=$(nginx -t 2>&1); then
    if said=$(read_nginx names "$NGINX_DIR/nginx.conf" "$DEFAULT_FILE"); then
      if [ -n "$said" ]; then mapfile -t files <<<"$said"; fi
      names=[$(json_strings 6 200 ${files[@]+"${files[@]}"})]
    fi
  else
    # If nginx logs to standard error, the line begins with a time and numbers.
    error=$(sed -nE '/\[(emerg|alert|crit)\]/ { s/^.*(\[[a-z]+\]) ([0-9]+#[0-9]+: )?/nginx: \1 /; p; q; }' <<<"$said")
    if [ -z "$error" ]; then error='nginx -t did not end in time'; fi
  fi
  printf '"error":%s,"sameNameBlocks":%s\n' "$(json_text "$error" 300)" "$names"
}

# nginx -t, which another look runs, listens on the ports of the configuration for a moment. Where nginx is stopped, a connection of that moment is
# reset, before (55) or after curl has asked (56): then it is asked again.
unknown_host() {
  local status code
  for _ in 1 2 3 4 5; do
    code=0
    status=$(curl --silent --max-time "$LOOK_WAIT" --noproxy '*' --header "Host: $NOBODY" --output /dev/null \
      --write-out '%{http_code}' "http://$NGINX_AT:80/") || code=$?
    if [ "$code" -ne 55 ] && [ "$code" -ne 56 ]; then break; fi
    sleep 0.2
  done
  case $code:$status in
    0:[1-5]*) echo '"site"' ;;
    52:*) echo '"none"' ;;
    7:*) echo '"refused"' ;;
  esac
}
