# shellcheck shell=bash
# What somebody set up by hand for this site is found and named. It is taken over with adopt only, and then kept aside.
ADOPT_HINT='remove it, choose another name or port, or say adopt: true to take it over (what was there is kept)'
FOUND_STEP=
FOUND_REASON=
# To be set aside: whole files, `<first> <last> <path>` of single server blocks, a container, units, cron tables.
ADOPT_FILES=()
ADOPT_BLOCKS=()
ADOPT_HOLDER=
ADOPT_UNITS=()
ADOPT_TABLES=()

# found <step> <reason> <key=value...>: the first one is what the run ends with, where it must.
found() {
  local step=$1 reason=$2
  shift 2
  say found ok "$@" reason="$reason"
  if [ -z "$FOUND_REASON" ]; then FOUND_STEP=$step FOUND_REASON=$reason; fi
}

# Not even with adopt.
not_ours_to_take() {
  begin "$1"
  fail "$2" "$3"
}

# Before nginx is installed, since its package starts it. Without ss there is nothing to ask: the start will tell.
refuse_foreign_ports() {
  begin port-80
  command -v ss >/dev/null || return 0
  refuse_other_than_nginx 80
  if [ -z "$EDGE_TLS_PATH" ]; then return; fi
  begin port-443
  refuse_other_than_nginx 443
}

refuse_other_than_nginx() {
  local holder
  while read -r holder; do
    if [[ $holder != *'"nginx"'* ]]; then
      fail "port $1 is held by another program than nginx: ${holder##* }" 'stop it, then run again'
    fi
  done < <(ss -Hltnp "sport = :$1" || true)
}

find_foreign() {
  find_foreign_container
  find_foreign_blocks
  if [ ! -e "$SITE_STATE/applied" ]; then find_updaters; fi
  if [ -z "$FOUND_REASON" ] || [ "$EDGE_ADOPT" = true ]; then return; fi
  begin "$FOUND_STEP"
  fail "$FOUND_REASON" "$ADOPT_HINT"
}

# Two blocks with one name are only a warning to nginx, and the one that it reads first wins: here it is an error.
find_foreign_blocks() {
  begin server-name
  local file first last ports names text name
  # An empty one is nobody's: a power cut may have left it.
  if [ -s "$SITE_FILE" ] && ! is_written_by_us "$SITE_FILE"; then
    ADOPT_FILES+=("$SITE_FILE")
    found server-name "$SITE_FILE is there but was not written by ragstream-edge" kind=nginx-file path="$SITE_FILE"
  fi
  while IFS=$'\037' read -r file first last ports names text; do
    if [ "${file##*/}" = "${SITE_FILE##*/}" ] || { [[ $ports != *80* ]] && { [ -z "$EDGE_TLS_PATH" ] || [[ $ports != *443* ]]; }; }; then continue; fi
    name=$(names_ours "$names")
    if [ -n "$name" ]; then block_found; fi
  done <<<"$BLOCKS"
}

# Of the variables of find_foreign_blocks.
block_found() {
  local other reason="server_name $name is already served by $file"
  if [[ ${file##*/} == ragstream-edge-* ]]; then
    not_ours_to_take server-name "$reason" 'each name belongs to one site'
  fi
  if [ "$EDGE_ADOPT" = true ]; then
    for other in ${names//,/ }; do
      if [[ $other == .* ]]; then not_ours_to_take server-name "$reason for all names below it too" "put *$other into a server block of its own"; fi
      if [ -z "$(names_ours "$other")" ] && [ "$other" != _ ]; then
        not_ours_to_take server-name "$reason together with $other" "put $other into a server block of its own"
      fi
    done
    if [[ $ports == *+* || $ports == *443* ]]; then
      not_ours_to_take server-name "$reason, which listens on more than port 80" 'put port 80 into a server block of its own'
    fi
    if [[ " $ports " == *' 80d '* ]]; then
      not_ours_to_take server-name "$reason, which is the default server too" 'put the default into a server block of its own'
    fi
    case ${file%/*} in
      "$NGINX_DIR" | "$NGINX_DIR/conf.d" | "$NGINX_DIR/sites-enabled") ADOPT_BLOCKS+=("$first $last $file") ;;
      *) not_ours_to_take server-name "$reason, which is not in conf.d or sites-enabled" 'remove the block by hand' ;;
    esac
  fi
  found server-name "$reason" kind=nginx-block path="$file:$first"
}
