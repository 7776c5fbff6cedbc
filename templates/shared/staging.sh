# Builds the complete new configuration in a folder beside the real one, only for nginx -t.
#
# The test uses a copy of nginx.conf. Its includes point to folders with links to the old files, and the new file. A test in place would
# leave an untested file there for a moment. If the run is killed then, or the host reboots, or somebody reloads nginx, nginx fails with
# every site. Here nginx never sees an untested file. The next run deletes what a killed run left.
STAGE=$NGINX_DIR/.ragstream-edge-stage
# In nginx's own folder, since relative includes resolve against the folder of the main file.
STAGE_MAIN=$NGINX_DIR/.ragstream-edge-main

# stage_configuration <file of the site>
stage_configuration() {
  discard_stage
  mkdir -m 700 "$STAGE"
  stage_folder conf.d
  stage_folder sites-enabled
  # These are links to the real files: never write through them.
  remove_files "$STAGE/${SITE_FILE#"$NGINX_DIR/"}" "$STAGE/conf.d/${DEFAULT_FILE##*/}" "$STAGE/conf.d/${LIMITS_FILE##*/}"
  copy_text "$LIMITS_CANDIDATE" "$STAGE/conf.d/${LIMITS_FILE##*/}"
  copy_text "$1" "$STAGE/${SITE_FILE#"$NGINX_DIR/"}"
  copy_text "$DEFAULT_CANDIDATE" "$STAGE/conf.d/${DEFAULT_FILE##*/}"
  stage_main "$NGINX_DIR/nginx.conf"
}

# stage_main <main file>: copies it, with its includes of the two folders changed to the stage. The reader ends with 3 if it does not include conf.d.
stage_main() {
  local code=0
  read_nginx stage "$1" "$NGINX_DIR" "$STAGE" >"$STAGE_MAIN" 2>>"$LOG" || code=$?
  case $code in
    0) ;;
    3) fail "$NGINX_DIR/nginx.conf does not include conf.d/*.conf" "add include $NGINX_DIR/conf.d/*.conf to its http block" ;;
    *) not_read ;;
  esac
}

# Links to the files that stay.
stage_folder() {
  local file
  mkdir -p "$STAGE/$1"
  for file in "$NGINX_DIR/$1"/*; do
    if [ ! -e "$file" ] || [ "$file" = "$DEFAULT_STOCK" ] || is_adopted_file "$file"; then continue; fi
    ln -s "$file" "$STAGE/$1/"
  done
}

discard_stage() {
  if [ -e "$STAGE" ] || [ -e "$STAGE_MAIN" ]; then rm -rf "$STAGE" "$STAGE_MAIN"; fi
}
