# Who may visit the site: networks, and visitors with passwords from Parameter Store. Needs HTTPS. Without a certificate or a list of
# visitors nobody may.
USERS_FOLDER=$NGINX_DIR/ragstream-edge
# The file with the visitors. Its name has the hash of its content, so a roll-back finds the old file.
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
    # nginx's workers read the file at each request, and they do not run as root.
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
  sign_as_host
  read_parameter "$EDGE_PASSWORDS_PATH" "$1"
  check_lines "$EDGE_PASSWORDS_PATH" "$1" '^[^:[:space:]]+:\$[^[:space:]]+$' 'what htpasswd -nB prints'
  grep -q : "$1" || fail "there is nobody in $EDGE_PASSWORDS_PATH" 'add a line that htpasswd -nB prints'
}

# The visitors' file that nginx uses now, if it exists.
served_visitors() {
  local file=
  if [ -e "$SITE_FILE" ]; then file=$(sed -n '/^ *auth_basic_user_file / { s///; s/;//p; q }' "$SITE_FILE"); fi
  if [[ $file == "$USERS_FOLDER"/* && -e $file ]]; then printf '%s' "$file"; fi
}

is_guarded() {
  [ -n "$EDGE_NETWORKS$EDGE_PASSWORDS_PATH" ]
}

# Prints the lines of nginx for the guarded location.
access_lines() {
  local network
  if ! is_guarded; then return; fi
  if [ -z "$TLS" ] || { [ -n "$EDGE_PASSWORDS_PATH" ] && [ -z "$USERS" ]; }; then
    printf '\n        return 503;'
    return
  fi
  # Both networks and passwords are checked, whatever nginx.conf says about `satisfy`.
  printf '\n        satisfy all;'
  for network in ${EDGE_NETWORKS//,/ }; do
    printf '\n        allow %s;' "$network"
  done
  if [ -n "$EDGE_NETWORKS" ]; then printf '\n        deny all;'; fi
  if [ -n "$USERS" ]; then
    # 50 guesses at once, then so many a second, of which 50 wait. A location with its own add_header does not inherit those of its server.
    if [ -n "$EDGE_GUESSES" ]; then printf '\n        limit_req zone=edge_@ID@_guesses burst=100 delay=50;'; fi
    printf '\n        add_header Set-Cookie %s;\n        %s' "\$edge_@ID@_cookie" "$HSTS"
    printf '\n        auth_basic "%s";\n        auth_basic_user_file %s;' "$EDGE_HOSTNAME" "$USERS"
  fi
}
