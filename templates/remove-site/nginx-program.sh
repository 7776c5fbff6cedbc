nginx_program() {
  cat "$here/../shared/nginx_reader.py"
  cat "$here/../shared/nginx_stage.py"
  cat "$here/../shared/nginx_main.py"
}
