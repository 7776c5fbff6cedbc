# An unknown Host gets no site: our default server ends the connection (444). It replaces the system's stock default site if nobody
# changed that site. Any other default server stays.
TAKE_DEFAULT=false
TAKE_DEFAULT6=false
DEFAULT_STOCK=

default_template() { cat "$here/nginx-default.conf.template"; }

judge_default() {
  begin default
  local reason='' change=''
  if judge_address '[::]:80'; then TAKE_DEFAULT6=true; fi
  if judge_address '*:80'; then TAKE_DEFAULT=true; else DEFAULT_STOCK=; fi
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

# judge_address <address:port>: whether our default server may answer unknown Hosts there. It may not if another block answers them
# today, because it says default_server or because nginx reads it first. Then `reason` says why. `change` names the block that ours
# replaces.
judge_address() {
  local kind at how place file stock behind
  while IFS=$'\037' read -r kind at how place file stock behind; do
    if [ "$kind $at" != "default $1" ]; then continue; fi
    if is_stock "$stock"; then
      if [ "$how" = said ]; then DEFAULT_STOCK=$file; fi
      return
    fi
    case $how in
      said) reason="$place answers unknown Hosts; it stays" ;;
      first)
        reason="$place answers unknown Hosts, being read first; it stays"
        if [ -n "$behind" ]; then SITE_FILE=$behind; fi
        ;;
      last) fail "$place answers unknown Hosts, being read first, and nginx reads no file of ours behind it" 'write default_server into its listen line, or remove it' ;;
      *)
        change="$place answered unknown Hosts too, being read first; they get no answer now"
        return
        ;;
    esac
    return 1
  done <<<"$FINDINGS"
}

# is_stock <debian|amazon>: true if the folder of the stock site has no page of somebody else.
is_stock() {
  case $1 in
    debian) page_is_copied "$ROOT_DIR/var/www/html" ;;
    amazon) [ -z "$(find "$NGINX_DIR/default.d" -mindepth 1 2>/dev/null)" ] && pages_are_packaged "$ROOT_DIR/usr/share/nginx/html" ;;
    *) false ;;
  esac
}

# rpm compares each file with its package, and ends with 1 if a file differs.
pages_are_packaged() {
  local file said
  [ -d "$1" ] || return 0
  while IFS= read -r file; do
    rpm -qf --quiet "$file" 2>/dev/null || return 1
    said=$(rpm -Vf "$file" 2>/dev/null) || true
    if [[ $said == *" $file"* ]]; then return 1; fi
  done < <(find "$1" -type f)
}

# Only the page that the package copied there when it was installed. An upgrade of the system leaves it: that of Debian 12 and 13 (nginx 1.22, 1.26).
page_is_copied() {
  local file=$1/index.nginx-debian.html
  [ -z "$(find "$1" -mindepth 1 ! -path "$file" 2>/dev/null)" ] || return 1
  [ ! -e "$file" ] || cmp -s "$file" "$ROOT_DIR/usr/share/nginx/html/index.html" || [[ $(sha256sum "$file") == fb47468a* ]]
}

# default_server_of <template> <port> <ours> <ours on IPv6>: writes the block to TEXT, with the addresses at which it is the default. Empty if there are none.
default_server_of() {
  TEXT=$1
  LISTEN6=
  if [ "$4" = true ]; then listen6 ' default_server'; fi
  TEXT=${TEXT//@LISTEN6@/"${LISTEN6//80/$2}"}
  if [ "$3" != true ]; then
    TEXT=${TEXT/    listen $2 default_server deferred backlog=4096;/}
    if [ -z "$LISTEN6" ]; then TEXT=; fi
  fi
}

# Leaves the directive out if somebody set it: nginx allows it once.
render_default() {
  local text
  text=$(default_template)
  default_server_of "# An unknown${text#*# An unknown}" 80 "$TAKE_DEFAULT" "$TAKE_DEFAULT6"
  text=${text%%# An unknown*}$TEXT
  text+=$(default_with_tls)
  # Options of a socket may stand in one listen line: where somebody has some, ours stay out.
  if has_finding options; then text=${text// deferred backlog=4096/}; fi
  if has_finding hash-size; then text=${text/server_names_hash/# set elsewhere # server_names_hash}; fi
  printf '%s\n' "$text" >"$DEFAULT_CANDIDATE"
}

# The stock file goes first: nginx loads no default server, but refuses two.
take_default() {
  if default_is_as_wanted; then return; fi
  keep_default
  if [ -n "$DEFAULT_STOCK" ]; then set_file_aside "$DEFAULT_ASIDE" "$DEFAULT_STOCK"; fi
  place "$DEFAULT_CANDIDATE" "$DEFAULT_FILE" || fail "$DEFAULT_FILE was not written: $(last_words)" "the old configuration is back; see $LOG on the host"
  if [ "$TAKE_DEFAULT" != true ]; then return; fi
  say default changed file="$DEFAULT_FILE" aside="$DEFAULT_STOCK"
}

# Runs before the new default server is marked as unproved. Without `previous` there was no old one. A copy that a killed run kept stays.
keep_default() {
  if [ -e "$DEFAULT_ASIDE/unproved" ]; then return; fi
  make_aside "$DEFAULT_ASIDE"
  remove_files "$DEFAULT_ASIDE/previous"
  if [ -e "$DEFAULT_FILE" ]; then
    { logged cp "$DEFAULT_FILE" "$DEFAULT_ASIDE/previous.new" && rename "$DEFAULT_ASIDE/previous.new" "$DEFAULT_ASIDE/previous"; } ||
      fail "$DEFAULT_FILE was not kept: $(last_words)" "see $LOG on the host"
  fi
  new_entry "$DEFAULT_ASIDE"
}

default_is_as_wanted() {
  [ -z "$DEFAULT_STOCK" ] && same_text "$DEFAULT_CANDIDATE" "$DEFAULT_FILE"
}

# Our file is removed before the stock file returns: nginx refuses two default servers. Our file stays if another site of ours needs it,
# for example for its long name.
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

# has_other_site [pattern]: true if another site's file has such a line.
has_other_site() {
  local file
  for file in "$NGINX_DIR"/{conf.d,sites-enabled}/{,\~}ragstream-edge-*.conf; do
    if [ "$file" != "$SITE_FILE" ] && [ -e "$file" ] && grep -q "${1-}" "$file"; then return 0; fi
  done
  return 1
}
