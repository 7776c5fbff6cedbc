# shellcheck shell=bash
# An unknown name gets no handshake: a default server of ours for port 443, where any site of this host has HTTPS and
# nobody else answers there.
TAKE_TLS_DEFAULT=false

default_tls_template() {
  cat "$here/nginx-default-tls.conf.template"
}

# As judge_default does for port 80: a default server stays, and one that is it by order alone must say so first, since
# ours would refuse its visitors.
judge_tls_default() {
  local file first last ports names text by_order=
  TAKE_TLS_DEFAULT=false
  if [ -z "$TLS" ] && ! has_other_site '^    listen 443 '; then return; fi
  TAKE_TLS_DEFAULT=true
  while IFS=$'\037' read -r file first last ports names text; do
    if [ "$file" = "$DEFAULT_FILE" ] || [[ ${file##*/} == ragstream-edge-* ]] || [[ $ports != *443* ]]; then continue; fi
    if [[ $ports == *443d* ]] || { is_catch_all "$names" && is_read_before_ours "$file"; }; then
      TAKE_TLS_DEFAULT=false
      say default ok reason="$file:$first answers unknown names on port 443; it stays"
    elif is_catch_all "$names"; then
      by_order=$file:$first
    fi
  done <<<"$BLOCKS"
  if [ "$TAKE_TLS_DEFAULT" = true ] && [ -n "$by_order" ]; then
    fail "$by_order answers every name on port 443 without saying default_server, and ours would refuse them" 'write default_server into its listen line, or remove it'
  fi
}

default_with_tls() {
  local text modern
  if [ "$TAKE_TLS_DEFAULT" != true ]; then return; fi
  text=$(default_tls_template)
  modern=$(modern_template)
  text=${text//@MODERN@/"$modern"}
  listen6 ' default_server'
  text=${text//@LISTEN6_TLS@/"${LISTEN6//80/443 ssl http2}"}
  printf '%s' "$text"
}
