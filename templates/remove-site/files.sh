# Restores the files that adopt moved aside, together with the change of nginx. If that fails, they are moved aside again. A folder of this
# run keeps the files that stood in their places.
UNDO=$SITE_STATE/undo
UNDO_PATHS=()

# lines_aside <folder>: prints `<number> <path>` of each file to restore, the last first.
lines_aside() {
  local kind n path at lines=()
  if [ -e "$1/list" ]; then mapfile -t lines <"$1/list"; fi
  for ((at = ${#lines[@]} - 1; at >= 0; at--)); do
    read -r kind n path <<<"${lines[at]}"
    if [ "$kind" = file ] && [ ! -e "$path" ] && [ ! -L "$path" ]; then printf '%s %s\n' "$n" "$path"; fi
  done
}

# keep_for_undo <path>: keeps a copy of the file, or a note that there is none. Only a complete copy counts.
keep_for_undo() {
  mkdir -p "$UNDO"
  if [ -e "$1" ]; then
    cp -a "$1" "$UNDO/new"
    mv -f "$UNDO/new" "$UNDO/$((${#UNDO_PATHS[@]} + 1))"
  fi
  UNDO_PATHS+=("$1")
}

# put_files_back <folder>
put_files_back() {
  local n path
  while read -r n path; do
    keep_for_undo "$path"
    put_back_file "$1" "$n $path" || fail "$path was not put back: $(last_words)" 'the site is still served; make room, then run again'
  done < <(lines_aside "$1")
}

# On a full disk it fails, and keeps the rest for the next run.
undo_files() {
  local at
  for ((at = ${#UNDO_PATHS[@]}; at > 0; at--)); do
    if [ ! -e "$UNDO/$at" ]; then
      rm -f "${UNDO_PATHS[at - 1]}"
    elif ! bring_back "$UNDO/$at" "${UNDO_PATHS[at - 1]}"; then
      return 1
    fi
  done
  rm -rf "$UNDO"
}

# stage_files_back <folder>: the same for the test.
stage_files_back() {
  local n path target
  while read -r n path; do
    # A relative link depends on its own place.
    if [ -L "$1/$n" ]; then target=$(cd "${path%/*}" && readlink -f "$(readlink "$1/$n")"); else target=$1/$n; fi
    if [ -e "$target" ]; then ln -sfn "$target" "$STAGE/${path#"$NGINX_DIR/"}"; fi
  done < <(lines_aside "$1")
}
