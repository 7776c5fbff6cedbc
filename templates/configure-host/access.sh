# shellcheck shell=bash
# Who may come in, with HTTPS only: networks, and visitors with passwords from Parameter Store. While that cannot be asked, nobody may:
# no certificate yet, or no list of visitors.
USERS_FOLDER=$NGINX_DIR/ragstream-edge
# The file with the visitors, named by its content: rolling back finds the one before.
USERS=

read_visitors() {
  if [ -z "$TLS" ] || [ -z "$EDGE_PASSWORDS_PATH" ]; then return; fi
  begin visitors
  local hash group how=unchanged next=$SITE_STATE/visitors.next
  if [ "$CHECK" = true ]; then next=$CHECK_FOLDER/visitors.next; fi
  if ! goes_well fetch_visitors "$next"; then
    rm -f "$next"
    USERS=$(served_visitors)
    if [ -n "$USERS" ]; then how='those of before'; else how=nobody; fi
    say visitors failed reason="$REFUSED" lets_in="$how"
    return
  fi
  hash=$(sha256sum <"$next")
  printf -v USERS '%s/%s.%.16s.users' "$USERS_FOLDER" "$EDGE_HOSTNAME" "$hash"
  if [ ! -e "$USERS" ] && [ "$CHECK" != true ]; then
    how=changed
    mkdir -p "$USERS_FOLDER"
    # nginx's workers read it at each request, and they are not root.
    group=$(id -gn "$WORKER_USER") || fail 'the user of nginx is not known' 'see the directive user in nginx.conf'
    chown "root:$group" "$next"
    chmod 640 "$next"
    mv -f "$next" "$USERS.new"
    relabel "$USERS.new"
    mv -f "$USERS.new" "$USERS"
  fi
  rm -f "$next"
  say visitors "$how"
}

# fetch_visitors <file>
fetch_visitors() {
  local reply
  sign_as_host
  reply=$(parameter_store GetParameter "{\"Name\":\"$EDGE_PASSWORDS_PATH\",\"WithDecryption\":true}") || {
    fail "$EDGE_PASSWORDS_PATH was not read: $(refusal "$reply" "$SSM_ENDPOINT")" 'the role of this host needs ssm:GetParameter on it'
  }
  (umask 077 && printf '%s' "$reply" | strings_of Value >"$1")
  check_lines "$EDGE_PASSWORDS_PATH" "$1" '^[^:[:space:]]+:\$[^[:space:]]+$' 'what htpasswd -nB prints'
  grep -q : "$1" || fail "there is nobody in $EDGE_PASSWORDS_PATH" 'add a line that htpasswd -nB prints'
}

# The file that nginx was given last, if it is still there.
served_visitors() {
  local file=
  if [ -e "$SITE_FILE" ]; then file=$(sed -n '/^ *auth_basic_user_file / { s///; s/;//p; q }' "$SITE_FILE"); fi
  if [[ $file == "$USERS_FOLDER"/* && -e $file ]]; then printf '%s' "$file"; fi
}

is_guarded() {
  [ -n "$EDGE_NETWORKS$EDGE_PASSWORDS_PATH" ]
}

# Prints the lines for the location that they guard.
access_lines() {
  local network
  if ! is_guarded; then return; fi
  if [ -z "$TLS" ] || { [ -n "$EDGE_PASSWORDS_PATH" ] && [ -z "$USERS" ]; }; then
    printf '\n        return 503;'
    return
  fi
  # Networks and passwords together, whatever nginx.conf says for its other sites.
  printf '\n        satisfy all;'
  for network in ${EDGE_NETWORKS//,/ }; do
    printf '\n        allow %s;' "$network"
  done
  if [ -n "$EDGE_NETWORKS" ]; then printf '\n        deny all;'; fi
  if [ -n "$USERS" ]; then
    # 50 guesses at once, then so many in a second, 50 of them waiting; a header of its own cuts a location off from those of its server.
    if [ -n "$EDGE_GUESSES" ]; then printf '\n        limit_req zone=edge_@ID@_guesses burst=100 delay=50;'; fi
    printf '\n        add_header Set-Cookie $edge_@ID@_cookie;\n        %s' "$HSTS"
    printf '\n        auth_basic "%s";\n        auth_basic_user_file %s;' "$EDGE_HOSTNAME" "$USERS"
  fi
}

drop_old_visitors() {
  local file
  for file in "$USERS_FOLDER/$EDGE_HOSTNAME".*.users*; do
    if [ -e "$file" ] && [ "$file" != "$USERS" ]; then rm -f "$file"; fi
  done
}
