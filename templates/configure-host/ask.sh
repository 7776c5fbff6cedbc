# shellcheck shell=bash
# What is answered on this host to the site's name.
ANSWER=

# ask <port> <path>: body and status of an answer for the site's name, in ANSWER. Printed after the body, the status
# also keeps the body's line ends, which $(...) would drop.
ask() {
  # bash leaves out NUL bytes, and would say so each time.
  { ANSWER=$(curl --silent --max-time 5 --noproxy '*' --header "Host: $EDGE_HOSTNAME" --write-out ' %{http_code}' "http://127.0.0.1:$1$2" | tail -c 300) || true; } 2>/dev/null
  if [ "$ANSWER" = ' 000' ]; then ANSWER='no answer'; fi
}
