# shellcheck shell=bash
# An unknown name gets no handshake: a default server of ours for port 443, where any site of this host has HTTPS and
# nobody else answers there.
TAKE_TLS_DEFAULT=false

default_tls_template() {
  cat "$here/nginx-default-tls.conf.template"
}

# As judge_default does for port 80, where any site of this host has HTTPS.
judge_tls_default() {
  local TAKE_DEFAULT=true DEFAULT_STOCK='' reason='' change=''
  TAKE_TLS_DEFAULT=false
  if [ -z "$TLS" ] && ! has_other_site '^    listen 443 '; then return; fi
  judge_port 443
  TAKE_TLS_DEFAULT=$TAKE_DEFAULT
  if [ -n "$reason$change" ]; then say default ok port=443 reason="$reason$change"; fi
}

default_with_tls() {
  local text modern
  if [ "$TAKE_TLS_DEFAULT" != true ]; then return; fi
  text=$(default_tls_template)
  modern=$(modern_template)
  text=${text//@MODERN@/"$modern"}
  listen6 ' default_server'
  text=${text//@LISTEN6_TLS@/"${LISTEN6//80/443 ssl http2}"}
  # Without it here, nginx answers 421 to an unknown name by HTTP/2.
  if nginx_has 1.25.1; then text=${text//ssl http2/ssl} text=${text/    server_name/$'    http2 on;\n    server_name'}; fi
  printf '%s' "$text"
}
