# Asks for the site on this host: the app on its loopback port, and nginx by the site's name.
STATUS=0
BODY=

# request <port> <path> <most bytes of the body> [curl option...]: sets STATUS and BODY. The status line comes first, so it can stop once it
# has read enough of an endless body or an open WebSocket. Port 443 uses HTTPS without checking the certificate, and HTTP/1.1, because
# HTTP/2 has no Upgrade.
request() {
  local fd line curl at=127.0.0.1 url most=$3
  local -a secure=()
  if [ "$1" = "$PAGE_PORT" ]; then at=$NGINX_AT; fi
  url="http://$at:$1$2"
  if [ "$1" = 443 ] && [ "$PAGE_PORT" = 443 ]; then
    url="https://$EDGE_HOSTNAME$2"
    secure=(--insecure --http1.1 --resolve "$EDGE_HOSTNAME:443:$at")
  fi
  shift 3
  exec {fd}< <(exec curl --silent --dump-header - --no-buffer --max-time "$LOOK_WAIT" --noproxy '*' --header "Host: $EDGE_HOSTNAME" ${secure[@]+"${secure[@]}"} "$@" "$url")
  curl=$!
  STATUS=0 BODY=
  if read -r -u "$fd" _ line _ && [[ $line =~ ^[1-5][0-9][0-9] ]]; then STATUS=${line%$'\r'}; fi
  if [ "$most" -gt 0 ]; then
    while IFS= read -r -u "$fd" line && [ "$line" != $'\r' ] && [ -n "$line" ]; do :; done
    IFS= read -r -N "$most" -u "$fd" BODY
  fi
  kill "$curl" 2>/dev/null
  exec {fd}<&-
}

# answer <port> <path>
answer() {
  request "$1" "$2" 100
  printf '{"status":%s,"body":%s}\n' "$STATUS" "$(json_string "$BODY" 100)"
}

live_rendering() {
  request 80 /_ragstream-edge 20
  if [ "$STATUS" = 200 ] && [[ $BODY =~ ^[0-9a-f]{16}$ ]]; then printf '"%s"\n' "$BODY"; fi
}

# The port of a visitor's page: with a certificate, port 80 only redirects to HTTPS.
page_port() {
  if [ -r "$SITE_FILE" ] && grep -q '^    listen 443 ' "$SITE_FILE"; then echo 443; else echo 80; fi
}

# page <port>: the status of the page's WebSocket, or of / if the site has none. Streamlit refuses an Origin that differs from Host.
page() {
  local scheme=http
  if [ -z "$EDGE_WEBSOCKET" ]; then
    request "$1" / 0
    printf '%s\n' "$STATUS"
    return
  fi
  if [ "$1" = 443 ]; then scheme=https; fi
  request "$1" "$EDGE_WEBSOCKET" 0 --header "Origin: $scheme://$EDGE_HOSTNAME" --header 'Connection: Upgrade' --header 'Upgrade: websocket' \
    --header 'Sec-WebSocket-Version: 13' --header 'Sec-WebSocket-Key: cmFnc3RyZWFtLWVkZ2UtMQ=='
  printf '%s\n' "$STATUS"
}
