# The programs in Python, each put together from its files.

nginx_program() {
  cat "$here/../shared/nginx_reader.py"
  cat "$here/../shared/nginx_servers.py"
  cat "$here/../shared/nginx_site.py"
  cat "$here/../shared/nginx_stage.py"
  cat "$here/nginx_adopt.py"
  cat "$here/nginx_findings.py"
  cat "$here/../shared/nginx_main.py"
}

container_program() {
  cat "$here/container_head.py"
  cat "$here/container_adopt.py"
  cat "$here/container_main.py"
}

strings_program() { cat "$here/json_strings.py"; }

# strings_of <name...>: of the JSON text on standard input. Values may be secrets: they are never in an argument.
strings_of() {
  python3 -I -S <(strings_program) "$@"
}
