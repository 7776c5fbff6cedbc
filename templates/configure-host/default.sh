# shellcheck shell=bash
# An unknown Host gets no site: a default server of ours ends the connection (444). The system's stock default site is
# set aside for it when nobody uses it; any other default stays.
TAKE_DEFAULT=false
DEFAULT_STOCK=

# Debian and Ubuntu since 2015 (sites-available/default), and Amazon Linux 2023 (in nginx.conf), word by word.
# shellcheck disable=SC2016 # nginx's variables.
STOCK_DEBIAN='listen 80 default_server ; listen [::]:80 default_server ; root /var/www/html ; index index.html index.htm index.nginx-debian.html ; server_name _ ; location / { try_files $uri $uri/ =404 ; }'
STOCK_AMAZON='listen 80 ; listen [::]:80 ; server_name _ ; root /usr/share/nginx/html ; include /etc/nginx/default.d/*.conf ; error_page 404 /404.html ; location = /404.html { } error_page 500 502 503 504 /50x.html ; location = /50x.html { }'

default_template() {
  cat "$here/nginx-default.conf.template"
}

judge_default() {
  begin default
  local file first last ports names text reason='' said=false
  TAKE_DEFAULT=true
  while IFS=$'\037' read -r file first last ports names text; do
    if [[ ${file##*/} == ragstream-edge-* || $ports != *80d* ]]; then continue; fi
    said=true
    if [ "$file" = "$DEFAULT_FILE" ]; then continue; fi
    if is_stock "$text"; then
      DEFAULT_STOCK=$file
    else
      TAKE_DEFAULT=false
      reason="$file:$first answers unknown Hosts; it stays"
    fi
  done <<<"$BLOCKS"
  if [ "$said" = false ]; then judge_default_by_order; fi
  if [ "$TAKE_DEFAULT" != true ]; then DEFAULT_STOCK=; fi
  judge_tls_default
  render_default
  if [ -n "$reason" ] || default_is_as_wanted; then
    say default unchanged reason="$reason"
  elif [ "$CHECK" = true ]; then
    say default would-change aside="$DEFAULT_STOCK"
  fi
}

# The reason of judge_default. Where nobody says default_server, a block that wants every Host gets the unknown ones because
# nginx reads it first. Once ours says it, such a block gets none, whatever becomes of it or of its pages.
judge_default_by_order() {
  local behind=
  while IFS=$'\037' read -r file first last ports names text; do
    if [[ ${file##*/} == ragstream-edge-* || $ports != *80* ]] || [ "$file" = "$DEFAULT_FILE" ] || ! is_catch_all "$names" || is_stock "$text"; then continue; fi
    if is_read_before_ours "$file"; then
      TAKE_DEFAULT=false
      reason="$file:$first answers unknown Hosts, being read first; it stays"
      return
    fi
    behind=$file:$first
  done <<<"$BLOCKS"
  if [ -n "$behind" ]; then
    fail "$behind answers every Host without saying default_server, and nginx would read our file before it" 'write default_server into its listen line, or remove it'
  fi
}

# Unmodified, and no page of somebody's own lies in its folder.
is_stock() {
  case $1 in
    "$STOCK_DEBIAN") page_is_copied "$ROOT_DIR/var/www/html" ;;
    "$STOCK_AMAZON") [ -z "$(find "$NGINX_DIR/default.d" -mindepth 1 2>/dev/null)" ] && pages_are_packaged "$ROOT_DIR/usr/share/nginx/html" ;;
    *) false ;;
  esac
}

# rpm tells for each file whether it is as its package brought it, and ends with 1 where one is not.
pages_are_packaged() {
  local file said
  [ -d "$1" ] || return 0
  while IFS= read -r file; do
    rpm -qf --quiet "$file" 2>/dev/null || return 1
    said=$(rpm -Vf "$file" 2>/dev/null) || true
    if [[ $said == *" $file"* ]]; then return 1; fi
  done < <(find "$1" -type f)
}

# Nothing but the page that the package copied there when it was installed.
page_is_copied() {
  [ -z "$(find "$1" -mindepth 1 ! -name index.nginx-debian.html 2>/dev/null)" ] || return 1
  [ ! -e "$1/index.nginx-debian.html" ] || cmp -s "$1/index.nginx-debian.html" "$ROOT_DIR/usr/share/nginx/html/index.html"
}

is_catch_all() {
  [ -z "$1" ] || [[ ,$1, == *,_,* ]]
}

is_read_before_ours() {
  [[ $1 == */conf.d/* && $1 < $DEFAULT_FILE ]]
}

# Without the server where another default stays, and without the directive where somebody set it: both are allowed once.
render_default() {
  local text
  text=$(default_template)
  listen6 ' default_server'
  text=${text//@LISTEN6@/"$LISTEN6"}
  if [ "$TAKE_DEFAULT" != true ]; then text=${text%%# An unknown*}; fi
  text+=$(default_with_tls)
  if sets_hash_size; then text=${text/server_names_hash/# set elsewhere # server_names_hash}; fi
  printf '%s\n' "$text" >"$DEFAULT_CANDIDATE"
}

sets_hash_size() {
  awk -v own="$DEFAULT_FILE:" '
    /^# configuration file .*:$/ { ours = substr($0, 22) == own }
    !ours && $1 == "server_names_hash_bucket_size" { found = 1 }
    END { exit !found }
  ' <<<"$CONFIGURATION"
}

# The stock file first: two default servers do not load, none does.
take_default() {
  if default_is_as_wanted; then return; fi
  keep_default
  if [ -n "$DEFAULT_STOCK" ]; then set_file_aside "$DEFAULT_ASIDE" "$DEFAULT_STOCK"; fi
  place "$DEFAULT_CANDIDATE" "$DEFAULT_FILE" || fail "$DEFAULT_FILE was not written: $(last_words)" "the old configuration is back; see $LOG on the host"
  if [ "$TAKE_DEFAULT" != true ]; then return; fi
  say default changed file="$DEFAULT_FILE" aside="$DEFAULT_STOCK"
}

# Before anything says that ours is unproved: without `previous` there was none, and it goes. One that a killed run has kept stays.
keep_default() {
  if [ -e "$DEFAULT_ASIDE/unproved" ]; then return; fi
  make_aside "$DEFAULT_ASIDE"
  remove_files "$DEFAULT_ASIDE/previous"
  if [ -e "$DEFAULT_FILE" ]; then
    logged cp "$DEFAULT_FILE" "$DEFAULT_ASIDE/previous.new" && rename "$DEFAULT_ASIDE/previous.new" "$DEFAULT_ASIDE/previous" ||
      fail "$DEFAULT_FILE was not kept: $(last_words)" "see $LOG on the host"
  fi
  new_entry "$DEFAULT_ASIDE"
}

default_is_as_wanted() {
  [ -z "$DEFAULT_STOCK" ] && same_text "$DEFAULT_CANDIDATE" "$DEFAULT_FILE"
}

# Ours goes before the stock one comes: two default servers do not load. It stays where another site of ours, which may have a long
# name, is served with it.
restore_default() {
  if [ ! -e "$DEFAULT_ASIDE/unproved" ]; then return 0; fi
  if [ -e "$DEFAULT_ASIDE/previous" ]; then
    bring_back "$DEFAULT_ASIDE/previous" "$DEFAULT_FILE" || put_back_failed path "$DEFAULT_FILE" || return 1
  elif has_other_site; then
    return 0
  else
    rm -f "$DEFAULT_FILE"
  fi
  put_unproved_back "$DEFAULT_ASIDE" || return 1
  remove_files "$DEFAULT_ASIDE/previous"
}

# has_other_site [pattern]: whose file has such a line.
has_other_site() {
  local file
  for file in "$NGINX_DIR"/conf.d/ragstream-edge-*.conf; do
    if [ "$file" != "$SITE_FILE" ] && [ -e "$file" ] && grep -q "${1-}" "$file"; then return 0; fi
  done
  return 1
}
