# Asks nginx on this host for the site.
ANSWER=
# The address at which nginx is asked. nginx chooses among the blocks of the address that gets the request. So the loopback address can
# replace the others only if no block names an address.
NGINX_AT=127.0.0.1
# A name that nobody can have.
NOBODY=ragstream-edge.invalid

# From now on nginx is asked at the address that receives visitors. This sends no packet, and nobody has 192.0.2.1.
ask_as_visitors() {
  local way=
  if type -P ip >/dev/null; then way=$(ip -4 -o route get 192.0.2.1 2>>"$LOG") || true; fi
  if [[ $way =~ \ src\ ([0-9.]+) ]]; then NGINX_AT=${BASH_REMATCH[1]}; fi
}

# ask <port> <path> [name]: sets ANSWER to the body and status for the site's name. The status comes after the body, so that $(...) keeps
# the body's line ends.
ask() {
  local at=127.0.0.1
  if [ "$1" = 80 ]; then at=$NGINX_AT; fi
  # Bash drops NUL bytes, with a warning each time.
  { ANSWER=$(curl --silent --max-time 5 --noproxy '*' --header "Host: ${3-$EDGE_HOSTNAME}" --write-out ' %{http_code}' "http://$at:$1$2" | tail -c 300) || true; } 2>/dev/null
  if [ "$ANSWER" = ' 000' ]; then ANSWER='no answer'; fi
  # Secrets are removed first: half a secret could not be recognised.
  if [ "${#SECRET_VALUES[@]}" -gt 0 ] && [ "${#ANSWER}" -ge 300 ]; then ANSWER="300 characters and more ${ANSWER##* }"; fi
}

# ask_twice <port> <path> [name]: the same. A busy host can take more than 5 s for an answer, so a missing answer is asked for once more.
ask_twice() {
  ask "$@"
  if [ "$ANSWER" = 'no answer' ]; then ask "$@"; fi
}
