# shellcheck shell=bash
# The lines of HTTPS in a site's server block, the blocks of port 80 that lead there, and what a visitor then gets.

own_template() {
  cat "$here/nginx-own.conf.template"
}

health_template() {
  cat "$here/nginx-health.conf.template"
}

own_health_template() {
  cat "$here/nginx-health-own.conf.template"
}

redirect_template() {
  cat "$here/nginx-redirect.conf.template"
}

tls_template() {
  cat "$here/nginx-tls.conf.template"
}

modern_template() {
  cat "$here/nginx-tls-modern.conf.template"
}

HSTS=
NGINX_VERSION=

# nginx_has <version>: this one, or a newer one.
nginx_has() {
  NGINX_VERSION=$(nginx -v 2>&1)
  NGINX_VERSION=${NGINX_VERSION##*/}
  NGINX_VERSION=${NGINX_VERSION%% *}
  printf '%s\n' "$1" "$NGINX_VERSION" | sort -CV
}

# with_tls: puts the lines of HTTPS into TEXT, the server block of a site, and the blocks of port 80 behind it.
with_tls() {
  local own age=0 lines='' server=$TEXT
  own=$(own_template)
  if is_guarded && ! is_streamlit; then
    own+=$'\n'$(own_health_template)
  elif [ -n "$TLS" ] || is_guarded; then
    own+=$'\n'$(health_template)
  fi
  own=${own//@HEALTH_PATH@/"$HEALTH_PATH"}
  if [ -z "$TLS" ]; then
    TEXT=${TEXT//@LISTEN@/"listen 80;$LISTEN6"}
  else
    lines=$(tls_template)$'\n'$(modern_template)
    # Browsers that were told before forget it at 0.
    if [ "$EDGE_HSTS" = true ]; then age=31536000; fi
    HSTS="add_header Strict-Transport-Security max-age=$age always;"
    lines+=$'\n    '$HSTS$'\n'
    TEXT=${TEXT//@LISTEN@/"listen 443 ssl http2;${LISTEN6//80/443 ssl http2}"}
    # As an option of listen it is deprecated.
    if nginx_has 1.25.1; then TEXT=${TEXT//ssl http2/ssl} lines=$'\n    http2 on;'$lines; fi
    TEXT+=$'\n'$(port_80_with_tls "$server")
  fi
  TEXT=${TEXT//@TLS_LINES@/"$lines"}
  TEXT=${TEXT//@OWN@/"$own"}
  TEXT=${TEXT//@TLS@/"$TLS"}
}

# port_80_with_tls <the site's template>: leads to HTTPS, but for the aliases that the certificate does not cover: those it serves
# as without HTTPS. Where visitors are guarded that would let everybody in, and such an alias leads to the hostname.
port_80_with_tls() {
  local name names=$EDGE_HOSTNAME lacking text
  lacking=$(uncovered_names "$TLS/certificate")
  for name in ${EDGE_ALIASES//,/ }; do
    if [[ " $lacking " != *" $name "* ]]; then names+=" $name"; fi
  done
  text=$(redirect_template)
  printf '%s\n' "${text//@NAMES@/"$names"}"
  if [ -z "$lacking" ]; then return; fi
  if is_guarded; then
    text=${text//\$host/@HOSTNAME@}
  else
    text=$'\nserver {'${1#*$'\n'server \{}
    text=${text//@LISTEN@/"listen 80;$LISTEN6"}
    text=${text//@TLS_LINES@/}
  fi
  printf '%s\n' "${text//@NAMES@/"$lacking"}"
}

fingerprint() {
  openssl x509 -noout -fingerprint -sha256 2>>"$LOG"
}

# The certificate that a new connection is shown is the one that this run is to serve.
shows_certificate() {
  local shown
  shown=$(timeout 5 openssl s_client -connect 127.0.0.1:443 -servername "$EDGE_HOSTNAME" </dev/null 2>/dev/null | fingerprint) || return
  [ "$shown" = "$(fingerprint <"$TLS/certificate")" ]
}

# What a visitor gets by HTTPS, and one with a wrong password: name and chain are checked as a browser would, up to the intermediate,
# then that it is this very certificate.
check_through_tls() {
  if [ -z "$TLS" ]; then return; fi
  begin port-443-health
  local try said wanted=
  local -a as=(--silent --show-error --max-time 5 --noproxy '*' --cacert "$TLS/chain" --resolve "$EDGE_HOSTNAME:443:127.0.0.1")
  # One that is served because the next was refused may have expired: that is told at the end, and is no fault of the image.
  if [ -n "$REFUSED" ]; then as+=(--insecure); fi
  local -a ask=("${as[@]}" --write-out ' %{http_code}' "https://$EDGE_HOSTNAME$HEALTH_PATH")
  if [ -n "$USERS" ]; then
    # nginx opens the file of visitors only where a password comes.
    ask+=(--next "${as[@]}" --user ragstream-edge:nobody --output /dev/null --write-out ' %{http_code}' "https://$EDGE_HOSTNAME/")
    wanted=' 401'
  fi
  for try in 1 2 3 4 5 6 7 8 9 10; do
    { ANSWER=$(curl "${ask[@]}" 2>&1 | tail -c 300) || true; } 2>/dev/null
    said=$ANSWER
    # Networks may shut out this host itself.
    if [ -n "$wanted" ] && { [[ $said == *"$wanted" ]] || { [ -n "$EDGE_NETWORKS" ] && [[ $said == *' 403' ]]; }; }; then ANSWER=${said% *}; fi
    if is_healthy "$WANTED" && { [ -z "$wanted" ] || [ "$ANSWER" != "$said" ]; }; then
      if shows_certificate; then
        say port-443-health ok host="$EDGE_HOSTNAME"
        return
      fi
      ANSWER='with another certificate than the one that was given'
    fi
    sleep 0.3
  done
  fail "through port 443 $EDGE_HOSTNAME answers: $ANSWER (asked $try times)" 'the site as it was before is put back'
}
