# Finds and names what somebody set up by hand for this site. Only with adopt does a run replace it, completely, and keep it aside.
ADOPT_HINT='remove it, choose another name or port, or say adopt: true to take it over (what was there is kept)'
FOUND_STEP=
FOUND_REASON=
FOUND_HINT=
# What this run moves aside: whole files, a container, and stopped containers that would start with Docker.
ADOPT_FILES=()
ADOPT_HOLDER=
ADOPT_POLICIES=()

# found <step> <reason> <hint> <key=value...>: reports it. The run ends with the first finding that it may not replace. With an empty
# hint, adopt may replace it.
found() {
  local step=$1 reason=$2 hint=$3
  shift 3
  say found ok "$@" reason="$reason" hint="$hint"
  if [ -z "$hint" ] && [ "$EDGE_ADOPT" = true ]; then return; fi
  # A finding that stops adopt too comes before the others.
  if [ -z "$FOUND_REASON" ] || { [ -n "$hint" ] && [ "$FOUND_HINT" = "$ADOPT_HINT" ]; }; then
    FOUND_STEP=$step FOUND_REASON=$reason FOUND_HINT=$hint
    if [ -z "$hint" ]; then FOUND_HINT=$ADOPT_HINT; fi
  fi
}

# Adopt cannot replace it, and it comes before every other finding.
not_ours_to_take() {
  begin "$1"
  fail "$2" "$3"
}

# Runs before nginx is installed, because the package starts nginx. Without ss the start of nginx shows the conflict.
refuse_foreign_ports() {
  begin port-80
  type -P ss >/dev/null || return 0
  refuse_other_than_nginx 80
  if [ -z "$EDGE_TLS_PATH" ]; then return; fi
  begin port-443
  refuse_other_than_nginx 443
}

refuse_other_than_nginx() {
  local holder
  while read -r holder; do
    if [[ $holder == *'"docker-proxy"'* ]] && read_containers; then refuse_published "$1"; fi
    if [[ $holder != *'"nginx"'* ]]; then
      fail "port $1 is held by another program than nginx: ${holder##* }" 'stop it, then run again'
    fi
  done < <(ss -Hltnp "sport = :$1" || true)
}

# Also without docker-proxy: Docker's rules redirect the port before nginx gets the connection.
refuse_published() {
  if find_holder "$1"; then
    not_ours_to_take "port-$1" "port $1 is published by the container $HOLDER" "docker update --restart no $HOLDER; docker stop $HOLDER, or publish it on another port"
  fi
}

find_foreign() {
  refuse_published 80
  if [ -n "$EDGE_TLS_PATH" ]; then refuse_published 443; fi
  find_foreign_container
  find_claimants
  find_foreign_files
  if [ -z "$FOUND_REASON" ]; then return; fi
  begin "$FOUND_STEP"
  fail "$FOUND_REASON" "$FOUND_HINT"
}

# HTTPS by hand would end when its file is moved aside.
refuse_without_certificate() {
  if [ "${#ADOPT_FILES[@]}" -eq 0 ] || [ -z "$EDGE_TLS_PATH" ] || [ -n "$TLS" ]; then return; fi
  not_ours_to_take server-name "${ADOPT_FILES[0]} is taken over when the certificate of the site is here: $REFUSED" "$REFUSED_HINT"
}

# nginx only warns about two blocks with the same name, and uses the first. Here it is an error.
find_foreign_files() {
  begin server-name
  local kind place file reason hint
  while IFS=$'\037' read -r kind place file reason hint; do
    case $kind in
      refuse) not_ours_to_take "$place" "$file" "$reason" ;;
      claim)
        if [ -z "$hint" ]; then ADOPT_FILES+=("$file"); fi
        found server-name "$reason" "$hint" kind=nginx-file path="$place"
        ;;
      note) say found ok path="$place" reason="$file" ;;
    esac
  done <<<"$FINDINGS"
}
