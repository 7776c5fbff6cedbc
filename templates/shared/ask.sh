# shellcheck shell=bash
# What is answered on this host to the site's name.
ANSWER=
# Where nginx is asked. It chooses among the blocks of the address that a request came to, so the loopback address stands for
# the others only where no block has an address of its own.
NGINX_AT=127.0.0.1
# A name that nobody can have.
NOBODY=ragstream-edge.invalid

# From now on nginx is asked where the packets of visitors come in. No packet is sent for this, and 192.0.2.1 is nobody's.
ask_as_visitors() {
  local way=
  if type -P ip >/dev/null; then way=$(ip -4 -o route get 192.0.2.1 2>>"$LOG") || true; fi
  if [[ $way =~ \ src\ ([0-9.]+) ]]; then NGINX_AT=${BASH_REMATCH[1]}; fi
}

# ask <port> <path> [name]: body and status of an answer for the site's name, in ANSWER. Printed after the body, the status
# also keeps the body's line ends, which $(...) would drop.
ask() {
  local at=127.0.0.1
  if [ "$1" = 80 ]; then at=$NGINX_AT; fi
  # bash leaves out NUL bytes, and would say so each time.
  { ANSWER=$(curl --silent --max-time 5 --noproxy '*' --header "Host: ${3-$EDGE_HOSTNAME}" --write-out ' %{http_code}' "http://$at:$1$2" | tail -c 300) || true; } 2>/dev/null
  if [ "$ANSWER" = ' 000' ]; then ANSWER='no answer'; fi
  # A secret that is cut is not known any more.
  if [ "${#SECRET_VALUES[@]}" -gt 0 ] && [ "${#ANSWER}" -ge 300 ]; then ANSWER="300 characters and more ${ANSWER##* }"; fi
}
