# shellcheck shell=bash
# What somebody set up by hand is never taken over: it is named, and nothing is changed.
ADOPT_LATER='remove it or choose another name or port; taking over (adopt) is not there yet'

# Before nginx is installed, since its package starts it. Without ss there is nothing to ask: the start will tell.
refuse_foreign_port_80() {
  begin port-80
  command -v ss >/dev/null || return 0
  local others
  others=$(ss -Hltnp 'sport = :80' | grep -v '"nginx"' | head -n 1 || true)
  [ -z "$others" ] || fail "port 80 is held by another program than nginx: ${others##* }" 'stop it, then run again'
}

refuse_foreign_container() {
  begin host-port
  local id container holder listeners
  for container in "$CONTAINER" "$PREVIOUS_CONTAINER"; do
    if container_exists "$container" && [ "$(label_of "$container" "$SITE_LABEL")" != "$EDGE_HOSTNAME" ]; then
      fail "a container named $container is there that is not ours" "$ADOPT_LATER"
    fi
  done
  listeners=$(ss -Hltn "sport = :$EDGE_HOST_PORT")
  if [ -z "$listeners" ]; then return; fi
  for id in $(docker ps -q --filter "label=$SITE_LABEL=$EDGE_HOSTNAME"); do
    if docker port "$id" | grep -q ":$EDGE_HOST_PORT\$"; then return; fi
  done
  holder=$(docker ps | grep -F ":$EDGE_HOST_PORT->" | awk '{ print $NF }' | head -n 1 || true)
  [ -n "$holder" ] || holder='a program that is no container'
  fail "port $EDGE_HOST_PORT is held by $holder" "$ADOPT_LATER"
}

# Two blocks with one name are only a warning to nginx, and the one that it reads first wins: here it is an error.
refuse_foreign_server_name() {
  begin server-name
  local configuration found
  if [ -e "$SITE_FILE" ] && ! head -n 1 "$SITE_FILE" | grep -q '^# ragstream-edge: '; then
    fail "$SITE_FILE is there but was not written by ragstream-edge" "$ADOPT_LATER"
  fi
  configuration=$(nginx -T 2>>"$LOG") ||
    fail "the nginx configuration of this host does not load: $(nginx_complaint nginx -t || true)" 'mend it, then run again'
  found=$(files_that_name "$EDGE_HOSTNAME,$EDGE_ALIASES" <<<"$configuration")
  [ -z "$found" ] || fail "server_name ${found%% *} is already served by ${found#* }" "$ADOPT_LATER"
}

# From the output of `nginx -T`: the first name of ours in a server_name of another file than ours, and that file.
files_that_name() {
  awk -v names="$1" -v own="${SITE_FILE##*/}" '
    BEGIN { n = split(names, list, ","); for (i = 1; i <= n; i++) if (list[i] != "") wanted[list[i]] = 1 }
    /^# configuration file .*:$/ { file = $4; sub(/:$/, "", file); base = file; sub(/.*\//, "", base); within = 0; next }
    {
      sub(/#.*/, ""); gsub(/["\047]/, ""); gsub(/[;{}]/, " & ")
      count = split(tolower($0), word, " ")
      for (i = 1; i <= count; i++) {
        if (word[i] == "server_name") within = 1
        else if (word[i] == ";") within = 0
        else if (within && base != own && word[i] in wanted) { print word[i], file; exit }
      }
    }'
}
