# shellcheck shell=bash
# HTTPS: key and certificate from Parameter Store into files for root alone, and checked before nginx sees them.
#
# The last part of the path names the certificate, so a folder that is there is complete and never changes. The one in use
# and, until a run has ended well, the one before it lie side by side: rolling back needs no network.
TLS_STATE=$SITE_STATE/tls
# The folder of the certificate that this run is to serve; empty: no HTTPS.
TLS=
# What was refused on the way to HTTPS, with step and hint: the run goes on without it, and fails at its end.
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

# goes_well <function...>: in a shell of its own, so that what it refuses does not end the run: image and port 80 have no part in it.
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
  label_certificate "$1.next"
  mv "$1.next" "$1"
}

# Where SELinux is, nginx reads keys and certificates under this label, and not what lies below /var/lib.
label_certificate() {
  if command -v restorecon >/dev/null; then logged chcon -R -t cert_t "$1" || true; fi
}

# The folder that nginx was given last, if it is still there.
served_certificate() {
  local folder=
  if [ -e "$SITE_FILE" ]; then folder=$(sed -n 's|^ *ssl_certificate \(.*\)/full;|\1|p' "$SITE_FILE"); fi
  if [[ $folder == "$TLS_STATE"/* && -d $folder ]]; then printf '%s' "$folder"; fi
}

# What does without HTTPS, or with the one before, is done by now.
tell_refused() {
  if [ -z "$REFUSED" ]; then return; fi
  begin "$REFUSED_STEP"
  fail "$REFUSED" "$REFUSED_HINT"
}

# ssl_reject_handshake is there since 1.19.4; without it an unknown name would get this site.
can_refuse_handshakes() {
  command -v openssl >/dev/null || fail 'there is no openssl on this host' 'install the package openssl'
  nginx_has 1.19.4 ||
    fail "nginx $NGINX_VERSION cannot refuse a handshake for an unknown name" 'HTTPS needs nginx 1.19.4 or newer'
}

# read_certificate <folder>
read_certificate() {
  local part reply
  sign_as_host
  rm -rf "$1"
  (umask 077 && mkdir -p "$1")
  for part in key certificate chain; do
    reply=$(parameter_store GetParameter "{\"Name\":\"$EDGE_TLS_PATH/$part\",\"WithDecryption\":true}") || {
      fail "$EDGE_TLS_PATH/$part was not read: $(refusal "$reply" "$SSM_ENDPOINT")" 'the role of this host needs ssm:GetParameter on it'
    }
    (umask 077 && printf '%s' "$reply" | strings_of Value >"$1/$part")
  done
  (umask 077 && cat "$1/certificate" "$1/chain" >"$1/full")
}

# check_certificate <folder>
check_certificate() {
  local part public
  for part in key certificate chain; do
    # A parameter holds no more.
    [ "$(wc -c <"$1/$part")" -le 8192 ] || refuse_certificate "its $part is longer than 8192 bytes"
  done
  if grep -q ENCRYPTED "$1/key"; then refuse_certificate 'its key is encrypted'; fi
  # Without -passin openssl would ask who runs this at a terminal.
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

# A new alias is served by HTTPS as soon as a certificate with it has been obtained, a minute or two later.
uncovered_names() {
  local name lacking=
  for name in ${EDGE_ALIASES//,/ }; do
    covers "$name" "$1" || lacking+=" $name"
  done
  printf '%s' "${lacking# }"
}

# What is no longer served; a path ends in 32 hex, so nothing else matches.
drop_old_certificates() {
  local folder
  for folder in "$TLS_STATE"/*; do
    if [ -d "$folder" ] && [ "$folder" != "$TLS" ]; then rm -rf "$folder"; fi
  done
}
