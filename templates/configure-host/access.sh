# shellcheck shell=bash
# Who may come in, with HTTPS only: networks, and visitors with passwords from Parameter Store.
USERS_FOLDER=$NGINX_DIR/ragstream-edge
# The file with the visitors, named by its content: rolling back finds the one before.
USERS=

read_visitors() {
  if [ -z "$TLS" ] || [ -z "$EDGE_PASSWORDS_PATH" ]; then return; fi
  begin visitors
  local reply next hash group how=unchanged
  next=$SITE_STATE/visitors.next
  if [ "$CHECK" = true ]; then next=$CHECK_FOLDER/visitors.next; fi
  sign_as_host
  reply=$(parameter_store GetParameter "{\"Name\":\"$EDGE_PASSWORDS_PATH\",\"WithDecryption\":true}") || {
    fail "$EDGE_PASSWORDS_PATH was not read: $(refusal "$reply" "$SSM_ENDPOINT")" 'the role of this host needs ssm:GetParameter on it'
  }
  (umask 077 && strings_of Value <<<"$reply" >"$next")
  check_lines "$EDGE_PASSWORDS_PATH" "$next" '^[^:[:space:]]+:\$[^[:space:]]+$' 'what htpasswd -nB prints'
  grep -q : "$next" || fail "there is nobody in $EDGE_PASSWORDS_PATH" 'add a line that htpasswd -nB prints'
  hash=$(sha256sum <"$next")
  printf -v USERS '%s/%s.%.16s.users' "$USERS_FOLDER" "$EDGE_HOSTNAME" "$hash"
  if [ ! -e "$USERS" ] && [ "$CHECK" != true ]; then
    how=changed
    mkdir -p "$USERS_FOLDER"
    # nginx's workers read it at each request, and they are not root.
    group=$(id -gn "$(worker_user)") || fail 'the user of nginx is not known' 'see the directive user in nginx.conf'
    chown "root:$group" "$next"
    chmod 640 "$next"
    mv -f "$next" "$USERS"
  fi
  rm -f "$next"
  say visitors "$how"
}

worker_user() {
  awk '$1 == "user" { gsub(/;/, "", $2); print $2; found = 1; exit } END { if (!found) print "nobody" }' <<<"$CONFIGURATION"
}

# Prints the lines for the location that they guard.
access_lines() {
  local network
  if [ -z "$TLS" ]; then return; fi
  for network in ${EDGE_NETWORKS//,/ }; do
    printf '\n        allow %s;' "$network"
  done
  if [ -n "$EDGE_NETWORKS" ]; then printf '\n        deny all;'; fi
  if [ -n "$USERS" ]; then
    printf '\n        auth_basic "%s";\n        auth_basic_user_file %s;' "$EDGE_HOSTNAME" "$USERS"
    # The app has no use for the password, and may log what it gets.
    printf '\n        proxy_set_header Authorization "";'
  fi
}

drop_old_visitors() {
  local file
  for file in "$USERS_FOLDER/$EDGE_HOSTNAME".*.users; do
    if [ -e "$file" ] && [ "$file" != "$USERS" ]; then rm -f "$file"; fi
  done
}
