# Our default server on port 443 refuses the handshake for an unknown name. It exists if a site of this host has HTTPS and no other
# block answers there.
TAKE_TLS_DEFAULT=false
TAKE_TLS_DEFAULT6=false

default_tls_template() { cat "$here/nginx-default-tls.conf.template"; }

# Like judge_default for port 80, if a site of this host has HTTPS.
judge_tls_default() {
  local DEFAULT_STOCK='' reason='' change=''
  if [ -z "$TLS" ] && ! has_other_site '^    listen 443 '; then return; fi
  if judge_address '[::]:443'; then TAKE_TLS_DEFAULT6=true; fi
  if judge_address '*:443'; then TAKE_TLS_DEFAULT=true; fi
  if [ -n "$reason$change" ]; then say default ok port=443 reason="$reason$change"; fi
}

default_with_tls() {
  local modern
  default_server_of "$(default_tls_template)" '443 ssl http2' "$TAKE_TLS_DEFAULT" "$TAKE_TLS_DEFAULT6"
  modern=$(modern_template)
  TEXT=${TEXT//@MODERN@/"$modern"}
  # Without this line nginx answers 421 to an unknown name over HTTP/2.
  if nginx_has 1.25.1; then TEXT=${TEXT//ssl http2/ssl} TEXT=${TEXT/    server_name/$'    http2 on;\n    server_name'}; fi
  printf '%s' "$TEXT"
}
