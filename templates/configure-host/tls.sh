# The HTTPS lines of a site's server block, the redirects on port 80, and the check of what a visitor gets.

own_template() { cat "$here/nginx-own.conf.template"; }
health_template() { cat "$here/nginx-health.conf.template"; }
own_health_template() { cat "$here/nginx-health-own.conf.template"; }
redirect_template() { cat "$here/nginx-redirect.conf.template"; }
tls_template() { cat "$here/nginx-tls.conf.template"; }
modern_template() { cat "$here/nginx-tls-modern.conf.template"; }

HSTS=
NGINX_VERSION=

# nginx_has <version>: true if nginx has this version or a newer one.
nginx_has() {
  NGINX_VERSION=$(nginx -v 2>&1)
  NGINX_VERSION=${NGINX_VERSION##*/}
  NGINX_VERSION=${NGINX_VERSION%% *}
  printf '%s\n' "$1" "$NGINX_VERSION" | sort -CV
}

# with_tls: adds the HTTPS lines to TEXT, the site's server block, and appends the blocks of port 80.
with_tls() {
  local own age=0 secure='' server=$TEXT
  own=$(own_template)
  if is_guarded && ! is_streamlit; then
    own+=$'\n'$(own_health_template)
  elif [ -n "$TLS" ] || is_guarded; then
    own+=$'\n'$(health_template)
  fi
  if [ "$EDGE_USE" != off ]; then own+=$'\n'$(use_template); fi
  own=${own//@HEALTH_PATH@/"$HEALTH_PATH"}
  if [ -z "$TLS" ]; then
    TEXT=${TEXT//@LISTEN@/"listen 80;$LISTEN6"}
  else
    secure=$(tls_template)$'\n'$(modern_template)
    # With 0, browsers forget an earlier value.
    if [ "$EDGE_HSTS" = true ]; then age=31536000; fi
    HSTS="add_header Strict-Transport-Security max-age=$age always;"
    secure+=$'\n    '$HSTS$'\n'
    TEXT=${TEXT//@LISTEN@/"listen 443 ssl http2;${LISTEN6//80/443 ssl http2}"}
    # The option of listen is deprecated.
    if nginx_has 1.25.1; then TEXT=${TEXT//ssl http2/ssl} secure=$'\n    http2 on;'$secure; fi
    TEXT+=$'\n'$(port_80_with_tls "$server")
  fi
  TEXT=${TEXT//@TLS_LINES@/"$secure"}
  TEXT=${TEXT//@OWN@/"$own"}
  TEXT=${TEXT//@TLS@/"$TLS"}
}

# port_80_with_tls <the site's template>: redirects to HTTPS. Aliases that the certificate does not cover are served without HTTPS. With
# `access` that would let everybody in, so such an alias redirects to the hostname.
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

# True if a new connection gets the certificate of this run.
shows_certificate() {
  local shown
  # `timeout` starts the program, not the function.
  shown=$(SSL_CERT_FILE=/dev/null timeout 5 openssl s_client -connect 127.0.0.1:443 -servername "$EDGE_HOSTNAME" </dev/null 2>/dev/null | fingerprint) || return
  [ "$shown" = "$(fingerprint <"$TLS/certificate")" ]
}

# Checks what a visitor gets by HTTPS, with a wrong password too. Name and chain are checked as a browser would, up to the intermediate.
# Then the certificate itself is compared.
check_through_tls() {
  if [ -z "$TLS" ]; then return; fi
  begin port-443-health
  local try said wanted=
  local -a as=(--silent --show-error --max-time 5 --noproxy '*' --cacert "$TLS/chain" --resolve "$EDGE_HOSTNAME:443:127.0.0.1")
  # An old certificate that stays in use can have expired. The run reports that at its end; it is no fault of the image.
  if [ -n "$REFUSED" ]; then as+=(--insecure); fi
  local -a ask=("${as[@]}" --write-out ' %{http_code}' "https://$EDGE_HOSTNAME$HEALTH_PATH")
  if [ -n "$USERS" ]; then
    # nginx opens the visitors' file only for a request with a password.
    ask+=(--next "${as[@]}" --user ragstream-edge:nobody --output /dev/null --write-out ' %{http_code}' "https://$EDGE_HOSTNAME/")
    wanted=' 401'
  fi
  for try in 1 2 3 4 5 6 7 8 9 10; do
    { ANSWER=$(curl "${ask[@]}" 2>&1 | tail -c 300) || true; } 2>/dev/null
    said=$ANSWER
    # The allowed networks may not include this host.
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
