# shellcheck shell=bash
# What is answered on this host, to the site's name: by the app on its loopback port, and through nginx.
NO_ANSWER='{"status":0,"body":""}'
STATUS=0
BODY=

# request <port> <path> <most bytes of the body> [curl option...]: STATUS and BODY. The status line comes first, so that a
# body without end, or a WebSocket that opens, is left as soon as enough is read. Port 443 by HTTPS, whatever the certificate
# is worth, and by HTTP/1.1: the other knows no Upgrade.
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

# Where a visitor's page lives: with a certificate, port 80 only leads to HTTPS.
page_port() {
  if [ -r "$SITE_FILE" ] && grep -q '^    listen 443 ' "$SITE_FILE"; then echo 443; else echo 80; fi
}

# page <port>: the status of the page's WebSocket, of a site without one that of /. Streamlit refuses an Origin that differs from Host.
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
