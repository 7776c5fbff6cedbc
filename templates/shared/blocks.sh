# shellcheck shell=bash
# Which server blocks this host's nginx has, whoever wrote them.

# The output of `nginx -T`, and from it one line per server block; see `server_blocks`.
CONFIGURATION=
BLOCKS=

read_blocks() {
  begin server-name
  CONFIGURATION=$(nginx -T 2>>"$LOG") ||
    fail "the nginx configuration of this host does not load: $(nginx_complaint nginx -t || true)" 'mend it, then run again'
  BLOCKS=$(server_blocks <<<"$CONFIGURATION")
  if [[ $BLOCKS == *' @'$'\037'* ]]; then ask_as_visitors; fi
}

# file, first line, last line, ports (80 and 443, with d where it says default_server, + for any other; then @ where it listens on port 80
# of one address only), names, text; between \037, which no configuration has: a name may be a regular expression with any other sign.
# Words as nginx reads them, so that comments, quotes and line ends make no difference. A `server` of `stream` is none.
server_blocks() {
  awk -v s='\037' '
    function port(word) {
      if (word ~ /^unix:/) return "+"
      if (word ~ /^[0-9]+$/) return word
      if (match(word, /:[0-9]+$/)) return substr(word, RSTART + 1)
      return 80
    }
    function directive(i, p) {
      if (word[1] == "server_name") { for (i = 2; i <= words; i++) names = names (names == "" ? "" : ",") tolower(word[i]) }
      if (word[1] == "listen") {
        listens = 1
        p = port(word[2])
        if (p == 80 && word[2] !~ /^([0-9]+$|\*|0\.0\.0\.0|\[::\]|unix:)/) own = " @"
        if (p != 80 && p != 443) p = "+"
        for (i = 3; i <= words; i++) if (p != "+" && (word[i] == "default_server" || word[i] == "default")) { p = p "d"; break }
        if (index(" " ports " ", " " p " ") == 0) ports = ports (ports == "" ? "" : " ") p
      }
    }
    function token(t, quoted) {
      if (inside && !(t == "}" && !quoted && depth == inside)) text = text (text == "" ? "" : " ") t
      if (!quoted && t == ";") { if (inside && depth == inside) directive(); words = 0; return }
      if (!quoted && t == "{") {
        depth++
        if (depth == 1) top = word[1]
        if (!inside && words == 1 && word[1] == "server" && top !~ /^(stream|mail)$/) {
          inside = depth; first = begun; names = ports = own = text = ""; listens = 0
        }
        words = 0; return
      }
      if (!quoted && t == "}") {
        if (inside && depth == inside) {
          if (!listens) ports = "80"
          print file s first s line s ports own s names s text
          inside = 0
        }
        depth--; words = 0; return
      }
      if (words == 0) begun = line
      word[++words] = t
    }
    /^# configuration file .*:$/ { file = substr($0, 22); sub(/:$/, "", file); line = depth = words = inside = 0; top = ""; next }
    { line++ }
    # Most lines of a configuration are of no block that counts here (mime.types), and need not be taken apart.
    !inside && words == 0 && /^[^"\047#{};\\$]*;[ \t\r]*$/ { next }
    {
      rest = $0
      while (rest != "") {
        first_sign = substr(rest, 1, 1)
        if (match(rest, /^[ \t\r]+/)) rest = substr(rest, RLENGTH + 1)
        else if (first_sign == "#") break
        else if (match(rest, /^"([^"\\]|\\.)*"/) || match(rest, /^\047([^\047\\]|\\.)*\047/)) {
          token(substr(rest, 2, RLENGTH - 2), 1); rest = substr(rest, RLENGTH + 1)
        }
        else if (first_sign ~ /[;{}]/) { token(first_sign, 0); rest = substr(rest, 2) }
        else { match(rest, /^(\$[{][A-Za-z0-9_]*[}]|[^ \t\r;{}])+/); token(substr(rest, 1, RLENGTH), 0); rest = substr(rest, RLENGTH + 1) }
      }
    }'
}

# names_ours <names of a block>: the first that is a name of this site too. With a dot before it, it means itself and all below it.
names_ours() {
  local name
  for name in ${1//,/ }; do
    if [[ ,$EDGE_HOSTNAME,$EDGE_ALIASES, == *",${name#.},"* ]]; then printf '%s' "$name"; return; fi
  done
}
