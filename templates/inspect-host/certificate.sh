# The certificate that nginx on this host shows for the site, valid or not.

host_certificate() {
  local shown told line until='' issuer='' subject='' alone=false names=()
  if [ "$PAGE_PORT" != 443 ] || ! is_installed openssl; then return; fi
  # Without this variable each call reads all authorities of the host. None of them is needed here.
  local -x SSL_CERT_FILE=/dev/null
  shown=$(timeout "$LOOK_WAIT" openssl s_client -connect 127.0.0.1:443 -servername "$EDGE_HOSTNAME" -showcerts </dev/null)
  # The first certificate is the site's own.
  told=$(openssl x509 -noout -enddate -issuer -subject -nameopt RFC2253 -ext subjectAltName <<<"$shown") || return
  while IFS= read -r line; do
    case $line in
      notAfter=*) until=$(date -u -d "${line#*=}" +%Y-%m-%dT%H:%M:%SZ) || return ;;
      issuer=*) issuer=${line#*=} ;;
      subject=*) subject=${line#*=} ;;
      *DNS:*) mapfile -t names < <(grep -oE 'DNS:[^, ]+' <<<"$line" | cut -d : -f 2-) ;;
    esac
  done <<<"$told"
  if [ "$(grep -c 'BEGIN CERTIFICATE' <<<"$shown")" = 1 ] && [ "$issuer" != "$subject" ]; then alone=true; fi
  printf '{"names":[%s],"issuer":%s,"until":"%s","alone":%s}\n' "$(json_strings 12 253 ${names[@]+"${names[@]}"})" \
    "$(json_string "$issuer" 120)" "$until" "$alone"
}
