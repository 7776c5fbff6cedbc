# The nginx configuration of this host, read by a Python program.

# One finding a line, its fields between \037: see nginx_findings.py.
FINDINGS=
# The user of nginx's workers.
WORKER_USER=nobody
# Connections of each worker. All sites share them.
WORKER_CONNECTIONS=512

read_configuration() {
  begin server-name
  local complaint kind value
  complaint=$(nginx_complaint nginx -t) ||
    fail "the nginx configuration of this host does not load: $complaint" 'mend it, then run again'
  FINDINGS=$(read_nginx findings "$NGINX_DIR/nginx.conf" "$DEFAULT_FILE" 2>>"$LOG") || not_read
  while IFS=$'\037' read -r kind value _; do
    case $kind in
      user) WORKER_USER=$value ;;
      worker-connections) WORKER_CONNECTIONS=$value ;;
      own-address) ask_as_visitors ;;
    esac
  done <<<"$FINDINGS"
}

not_read() {
  fail "the nginx configuration of this host is not understood: $(last_words)" 'install python3 if it is missing, else simplify it; run again'
}

# read_nginx <findings|names|stage> <argument...>: what the program of each document (nginx-program.sh) says. Fails, and says why on standard error, where a file is not understood.
read_nginx() {
  export EDGE_HOSTNAME EDGE_ALIASES EDGE_ADOPT EDGE_TLS_PATH EDGE_HOST_PORT EDGE_CLIENT_MAX_BODY_SIZE EDGE_READ_TIMEOUT EDGE_PASSWORDS_PATH
  python3 -I -S <(nginx_program) "$@"
}

# has_finding <kind>
has_finding() {
  [[ $'\n'$FINDINGS$'\037' == *$'\n'"$1"[$'\037\n']* ]]
}
