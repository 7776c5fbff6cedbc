# shellcheck shell=bash

nginx_program() {
  cat "$here/../shared/nginx_reader.py"
  cat "$here/../shared/nginx_servers.py"
  cat "$here/../shared/nginx_site.py"
  cat "$here/../shared/nginx_stage.py"
  cat "$here/nginx_adopt.py"
  cat "$here/nginx_findings.py"
  cat "$here/../shared/nginx_main.py"
}
