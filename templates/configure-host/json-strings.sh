# shellcheck shell=bash
# Reads JSON as far as the metadata, Parameter Store and ECR answer with it: no program that does is on every host.

# strings_of <name>: every string of that name in a JSON text, decoded, one after the other with a line end behind each.
strings_of() {
  awk -v wanted="$1" '
    function unescaped(s,   out, c, n, i) {
      out = ""
      while ((i = index(s, "\\")) > 0) {
        out = out substr(s, 1, i - 1); c = substr(s, i + 1, 1); s = substr(s, i + 2)
        if (c == "n") out = out "\n"; else if (c == "t") out = out "\t"; else if (c == "r") out = out "\r"
        else if (c == "b") out = out "\b"; else if (c == "f") out = out "\f"
        else if (c == "u") { n = hex(substr(s, 1, 4)); s = substr(s, 5)
          if (n >= 55296 && n < 56320) { n = 65536 + (n - 55296) * 1024 + hex(substr(s, 3, 4)) - 56320; s = substr(s, 7) }
          out = out utf8(n) }
        else out = out c
      }
      return out s
    }
    function hex(h,   i, n) { for (i = 1; i <= 4; i++) n = n * 16 + index("0123456789abcdef", tolower(substr(h, i, 1))) - 1; return n }
    function utf8(n) {
      if (n < 128) return sprintf("%c", n)
      if (n < 2048) return sprintf("%c%c", 192 + int(n / 64), 128 + n % 64)
      if (n < 65536) return sprintf("%c%c%c", 224 + int(n / 4096), 128 + int(n / 64) % 64, 128 + n % 64)
      return sprintf("%c%c%c%c", 240 + int(n / 262144), 128 + int(n / 4096) % 64, 128 + int(n / 64) % 64, 128 + n % 64)
    }
    { text = text $0 "\n" }
    END {
      while (match(text, /"([^"\\]|\\.)*"/)) {
        string = substr(text, RSTART + 1, RLENGTH - 2); text = substr(text, RSTART + RLENGTH)
        if (text ~ /^[ \t\n]*:/) { name = string; continue }
        if (name == wanted) print unescaped(string)
        name = ""
      }
    }'
}
