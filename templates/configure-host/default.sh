# shellcheck shell=bash
# An unknown Host gets no site: a default server of ours ends the connection (444). The system's stock default site is
# set aside for it when nobody uses it; any other default stays.
TAKE_DEFAULT=false
DEFAULT_STOCK=

default_template() {
  cat "$here/nginx-default.conf.template"
}

judge_default() {
  begin default
  local reason='' change=''
  TAKE_DEFAULT=true
  judge_port 80
  if [ "$TAKE_DEFAULT" != true ]; then DEFAULT_STOCK=; fi
  judge_tls_default
  render_default
  if [ -n "$reason" ] || default_is_as_wanted; then
    say default unchanged reason="$reason"
  elif [ "$CHECK" = true ]; then
    say default would-change aside="$DEFAULT_STOCK" reason="$change"
  elif [ -n "$change" ]; then
    say default ok reason="$change"
  fi
}

# judge_port <port>: whose the unknown Hosts are. What answers them today stays, whether it says default_server or is read first;
# the reason goes to `reason`. Where ours takes them from somebody, that goes to `change`.
judge_port() {
  local kind port how place file stock
  while IFS=$'\037' read -r kind port how place file stock; do
    if [ "$kind" != default ] || [ "$port" != "$1" ]; then continue; fi
    if is_stock "$stock"; then
      if [ "$how" = said ]; then DEFAULT_STOCK=$file; fi
      continue
    fi
    case $how in
      said) keeps_default "$place answers unknown Hosts; it stays" ;;
      first) keeps_default "$place answers unknown Hosts, being read first; it stays" ;;
      bare) fail "$place answers every Host without saying default_server, and nginx would read our file before it" 'write default_server into its listen line, or remove it' ;;
      *) change="$place answered unknown Hosts too, being read first; they get no answer now" ;;
    esac
  done <<<"$FINDINGS"
}

keeps_default() {
  TAKE_DEFAULT=false
  reason=$1
}

# is_stock <debian|amazon>: no page of somebody's own lies in its folder.
is_stock() {
  case $1 in
    debian) page_is_copied "$ROOT_DIR/var/www/html" ;;
    amazon) [ -z "$(find "$NGINX_DIR/default.d" -mindepth 1 2>/dev/null)" ] && pages_are_packaged "$ROOT_DIR/usr/share/nginx/html" ;;
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

# Without the server where another default stays, and without the directive where somebody set it: both are allowed once.
render_default() {
  local text
  text=$(default_template)
  listen6 ' default_server'
  text=${text//@LISTEN6@/"$LISTEN6"}
  if [ "$TAKE_DEFAULT" != true ]; then text=${text%%# An unknown*}; fi
  text+=$(default_with_tls)
  if has_finding hash-size; then text=${text/server_names_hash/# set elsewhere # server_names_hash}; fi
  printf '%s\n' "$text" >"$DEFAULT_CANDIDATE"
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
