# HTTPS: reads key and certificate from Parameter Store into files that only root can read, and checks them before nginx uses them.
#
# The last part of the path names the certificate, so an existing folder is complete and never changes. Until a run has succeeded,
# the old and the new folder both exist: a roll-back needs no network.
TLS_STATE=$SITE_STATE/tls
# The folder of the certificate to serve. Empty: no HTTPS.
TLS=
# Why HTTPS failed, with step and hint. The run continues without the new certificate, and fails at its end.
REFUSED=
REFUSED_STEP=
REFUSED_HINT=

fetch_certificate() {
  if [ -z "$EDGE_TLS_PATH" ]; then return; fi
  begin certificate
  local how=unchanged folder=$TLS_STATE/${EDGE_TLS_PATH##*/}
  if [ ! -d "$folder" ] && [ "$CHECK" = true ]; then folder=$CHECK_FOLDER/${EDGE_TLS_PATH##*/}; fi
  if [ ! -d "$folder" ]; then how=changed; fi
  if ! goes_well obtain_certificate "$folder"; then
    TLS=$(served_certificate)
    if [ -n "$TLS" ]; then how='the one before'; else how='port 80 alone'; fi
    say certificate failed reason="$REFUSED" serves="$how"
    return
  fi
  TLS=$folder
  if [ "$CHECK" = true ]; then how=ok; fi
  say certificate "$how" until="$(openssl x509 -in "$TLS/certificate" -noout -enddate | sed 's/notAfter=//')" lacks="$(uncovered_names "$TLS/certificate")"
}

# goes_well <function...>: calls it in a subshell, so that its failure does not end the run. Image and port 80 do not need HTTPS.
goes_well() {
  local said
  if said=$(trap 'if [ -n "$FAILED_REASON" ]; then printf "%s\n%s" "$FAILED_REASON" "$FAILED_HINT"; fi' EXIT; "$@"); then return 0; fi
  REFUSED_STEP=$STEP
  REFUSED=${said%%$'\n'*}
  REFUSED_HINT=${said#*$'\n'}
  if [ -z "$REFUSED" ]; then
    REFUSED=$(last_words)
    REFUSED_HINT="see $LOG on the host"
  fi
  return 1
}

# obtain_certificate <folder>
obtain_certificate() {
  can_refuse_handshakes
  if [ -d "$1" ]; then
    check_certificate "$1"
    return
  fi
  read_certificate "$1.next"
  check_certificate "$1.next"
  # SELinux lets nginx read files with this label, and no other files below /var/lib.
  if command -v restorecon >/dev/null; then logged chcon -R -t cert_t "$1.next" || true; fi
  mv "$1.next" "$1"
}

# The certificate's folder that nginx uses now, if it exists.
served_certificate() {
  local folder=
  if [ -e "$SITE_FILE" ]; then folder=$(sed -n 's|^ *ssl_certificate \(.*\)/full;|\1|p' "$SITE_FILE"); fi
  if [[ $folder == "$TLS_STATE"/* && -d $folder ]]; then printf '%s' "$folder"; fi
}

# At this point all steps that work without HTTPS, or with the old certificate, are done.
tell_refused() {
  if [ -z "$REFUSED" ]; then return; fi
  begin "$REFUSED_STEP"
  fail "$REFUSED" "$REFUSED_HINT"
}

# nginx has ssl_reject_handshake since 1.19.4. Without it an unknown name would get this site.
can_refuse_handshakes() {
  # The program, not the function below.
  type -P openssl >/dev/null || fail 'there is no openssl on this host' 'install the package openssl'
  nginx_has 1.19.4 ||
    fail "nginx $NGINX_VERSION cannot refuse a handshake for an unknown name" 'HTTPS needs nginx 1.19.4 or newer'
}

# Without this variable each call reads all authorities of the host, which takes 50 ms. None of them is needed here.
openssl() {
  SSL_CERT_FILE=/dev/null command openssl "$@"
}

# read_certificate <folder>
read_certificate() {
  local part
  sign_as_host
  rm -rf "$1"
  (umask 077 && mkdir -p "$1")
  for part in key certificate chain; do
    read_parameter "$EDGE_TLS_PATH/$part" "$1/$part"
  done
  (umask 077 && cat "$1/certificate" "$1/chain" >"$1/full")
}

# check_certificate <folder>
check_certificate() {
  local part public
  for part in key certificate chain; do
    # A parameter cannot hold more.
    [ "$(wc -c <"$1/$part")" -le 8192 ] || refuse_certificate "its $part is longer than 8192 bytes"
  done
  if grep -q ENCRYPTED "$1/key"; then refuse_certificate 'its key is encrypted'; fi
  # Without -passin openssl would ask for the password at the terminal.
  public=$(openssl pkey -in "$1/key" -passin pass: -pubout 2>>"$LOG") || refuse_certificate 'its key cannot be read'
  [ "$(openssl x509 -in "$1/certificate" -noout -pubkey 2>>"$LOG")" = "$public" ] || refuse_certificate 'key and certificate do not belong together'
  logged openssl x509 -in "$1/certificate" -noout -checkend 0 || refuse_certificate "it expired: $(openssl x509 -in "$1/certificate" -noout -enddate)"
  covers "$EDGE_HOSTNAME" "$1/certificate" || refuse_certificate "it is not for $EDGE_HOSTNAME"
  logged openssl verify -partial_chain -trusted "$1/chain" "$1/certificate" || refuse_certificate "its chain does not lead on: $(last_words)"
}

refuse_certificate() {
  fail "the certificate of $EDGE_TLS_PATH is not served: $1" 'the one before stays; the function certificate obtains another one: see its log'
}

# covers <name> <certificate>
covers() {
  openssl x509 -in "$2" -noout -checkhost "$1" | grep -q 'does match'
}

# HTTPS serves a new alias once there is a certificate with it, a minute or two later.
uncovered_names() {
  local name lacking=
  for name in ${EDGE_ALIASES//,/ }; do
    covers "$name" "$1" || lacking+=" $name"
  done
  printf '%s' "${lacking# }"
}
