nginx_program() {
  cat "$here/../shared/nginx_reader.py"
  cat "$here/../shared/nginx_servers.py"
  cat "$here/../shared/nginx_site.py"
  cat "$here/nginx_names.py"
  cat "$here/../shared/nginx_main.py"
}
