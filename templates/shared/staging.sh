# shellcheck shell=bash
# The new configuration as a whole, beside the one that nginx reads: for nginx -t, and for nothing else.
#
# The test uses a copy of nginx.conf whose includes lead to folders of links plus what is new. The other way, put it in
# place, test it, take it back, leaves an untested file live for a moment: if the run is killed there, or the host
# reboots or somebody else reloads, nginx fails and takes every other site with it. Here no untested file is ever where
# nginx reads, and what a killed run leaves behind is read by nobody and swept by the next one.
STAGE=$NGINX_DIR/.ragstream-edge-stage
# In nginx's own folder, since relative includes resolve against the folder of the main file.
STAGE_MAIN=$NGINX_DIR/.ragstream-edge-main

# stage_configuration <file of the site>
stage_configuration() {
  discard_stage
  mkdir -m 700 "$STAGE"
  stage_folder conf.d
  stage_folder sites-enabled
  # Links to those in place, which must not be written through.
  remove_files "$STAGE/conf.d/${SITE_FILE##*/}" "$STAGE/conf.d/${DEFAULT_FILE##*/}" "$STAGE/conf.d/${LIMITS_FILE##*/}"
  copy_text "$LIMITS_CANDIDATE" "$STAGE/conf.d/${LIMITS_FILE##*/}"
  copy_text "$1" "$STAGE/conf.d/${SITE_FILE##*/}"
  copy_text "$DEFAULT_CANDIDATE" "$STAGE/conf.d/${DEFAULT_FILE##*/}"
  stage_main "$NGINX_DIR/nginx.conf"
}

# stage_main <main file>: with its includes of the two folders led to the stage. The reader ends with 3 where conf.d is not part of it.
stage_main() {
  local code=0
  read_nginx stage "$1" "$NGINX_DIR" "$STAGE" >"$STAGE_MAIN" 2>>"$LOG" || code=$?
  case $code in
    0) ;;
    3) fail "$NGINX_DIR/nginx.conf does not include conf.d/*.conf" "add include $NGINX_DIR/conf.d/*.conf to its http block" ;;
    *) not_read ;;
  esac
}

# Links to what stays.
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
