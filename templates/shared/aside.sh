# Keeps what was there before ragstream-edge: a list of the acts, and copies. templates/configure-host/README.md has the form of both.
#
# An entry is written before its act. So a run that is killed between the two leaves nothing that cannot be put back.
# An entry is written whole or not at all, because the disk may be full at any line. It is removed only after it was put back.

# new_entry <folder> <path>: keeps a copy of the file or link; its number in ENTRY.
new_entry() {
  local lines=()
  make_aside "$1"
  forget_put_back "$1"
  if [ -e "$1/list" ]; then mapfile -t lines <"$1/list"; fi
  if [ ! -e "$1/unproved" ]; then mark_unproved "$1" "${#lines[@]}"; fi
  if [ -z "${2-}" ]; then return; fi
  ENTRY=1
  # A copy that is not on the list is a killed run's.
  while grep -qs "^file $ENTRY " "$1/list"; do ENTRY=$((ENTRY + 1)); done
  cp -a --remove-destination "$2" "$1/$ENTRY"
  if [ ! -L "$2" ]; then logged sync "$1/$ENTRY"; fi
}

make_aside() {
  mkdir -p "$1"
  chmod 700 "$1"
}

# rename <new file> <name>: writes the text to the disk before the name leads to it. Otherwise a power cut may leave an empty file.
rename() {
  logged sync "$1" && logged mv -f "$1" "$2"
}

# mark_unproved <folder> <entries before those of this run>
mark_unproved() {
  printf '%s\n' "$2" >"$1/unproved.new"
  rename "$1/unproved.new" "$1/unproved"
}

# A killed run may have left a file in its place, or put it back. It is set aside anew, and is on the list once.
forget_put_back() {
  local kind n path first='' kept=() gone=()
  if [ ! -e "$1/list" ]; then return 0; fi
  while read -r kind n path; do
    if [ "$kind" = file ] && is_same "$1/$n" "$path"; then
      gone+=("$1/$n")
      if [ -z "$first" ]; then first=${#kept[@]}; fi
    else
      kept+=("$kind $n $path")
    fi
  done <"$1/list"
  if [ "${#gone[@]}" -eq 0 ]; then return 0; fi
  if [ -e "$1/unproved" ] && [ "$(<"$1/unproved")" -gt "$first" ]; then mark_unproved "$1" "$first"; fi
  { if [ "${#kept[@]}" -gt 0 ]; then printf '%s\n' "${kept[@]}"; fi; } >"$1/list.new"
  rename "$1/list.new" "$1/list"
  rm -f "${gone[@]}"
}

is_same() {
  if [ -L "$1" ]; then [ -L "$2" ] && [ "$(readlink "$1")" = "$(readlink "$2")" ]; else [ ! -L "$2" ] && cmp -s "$1" "$2"; fi
}

# add_entry <folder> <line>
add_entry() {
  { if [ -e "$1/list" ]; then cat "$1/list" || return 1; fi; printf '%s\n' "$2"; } >"$1/list.new"
  rename "$1/list.new" "$1/list"
}

# Entries of this run, or of a killed run before it, that did not end well. An empty folder is removed.
put_unproved_back() {
  if [ ! -e "$1/unproved" ]; then return 0; fi
  put_back "$1" "$(cat "$1/unproved")"
}

set_file_aside() {
  new_entry "$1" "$2"
  add_entry "$1" "file $ENTRY $2"
  rm -f "$2"
}

# remove_files <path...>: starts a program only for a file that exists.
remove_files() {
  remove_all_but '' "$@"
}

# remove_all_but <path that stays> <path...>: also folders.
remove_all_but() {
  local path stays=$1
  shift
  for path in "$@"; do
    if [ "$path" != "$stays" ] && { [ -e "$path" ] || [ -L "$path" ]; }; then rm -rf "$path"; fi
  done
}

# Where SELinux is, nginx may read a file only under the label of its place.
relabel() {
  if command -v restorecon >/dev/null; then logged restorecon "$1" || true; fi
}

# The name in NEW under which a file comes into a folder: by its dot nginx does not read it there.
name_new() {
  NEW=${1%/*}/.ragstream-edge-new-${1##*/}
}

# bring_back <copy> <path>: restores the file, whole or not at all. If there is no room, it makes the path another name of the copy.
bring_back() {
  name_new "$2"
  if logged cp -a --remove-destination "$1" "$NEW" || ln -f "$1" "$NEW" 2>/dev/null; then
    if logged mv -f "$NEW" "$2"; then
      relabel "$2"
      return 0
    fi
  fi
  rm -f "$NEW"
  return 1
}

# Removes files of a killed or failed run, secrets among them. Starts no program if there are none.
sweep_new() {
  if [ "$CHECK" = true ]; then return; fi
  local file
  remove_all_but '' "$SITE_STATE"/*.next* "$SITE_STATE"/tls/*.next "$NGINX_DIR"/{,conf.d/,sites-enabled/,sites-available/}.ragstream-edge-new-*
  for file in "$NGINX_DIR"/.ragstream-edge-check.*; do
    if [ -e "$file" ] && [ ! -e "/proc/${file##*.}" ]; then rm -rf "$file"; fi
  done
}

# put_back <folder> [how many stay]: puts entries back, the last first. A foreign file that stands in the place meanwhile stays, and is
# reported. Fails, and keeps the entry, if it cannot be put back.
put_back() {
  local kind rest at lines=() all=true stay=${2-0}
  if [ -e "$1/list" ]; then mapfile -t lines <"$1/list"; fi
  for ((at = ${#lines[@]} - 1; at >= stay; at--)); do
    read -r kind rest <<<"${lines[at]}"
    if "put_back_$kind" "$1" "$rest"; then unset 'lines[at]'; else all=false; fi
  done
  if [ "${#lines[@]}" -eq 0 ]; then
    rm -rf "$1"
  elif printf '%s\n' "${lines[@]}" >"$1/list.new" && rename "$1/list.new" "$1/list" && [ "$all" = true ]; then
    rm -f "$1/unproved"
  fi
  [ "$all" = true ]
}

put_back_file() {
  local n path
  read -r n path <<<"$2"
  if [ -e "$path" ] || [ -L "$path" ]; then return 0; fi
  bring_back "$1/$n" "$path" || put_back_failed path "$path" || return 1
  say put-back ok path="$path"
}

# The maintainer may have removed the container.
put_back_container() {
  local name policy id said
  read -r name policy id <<<"$2"
  if ! said=$(inspect container .Id "$id" 2>&1); then
    [[ $said == *[Nn]'o such '* ]] && return 0
    put_back_failed container "$name" || return 1
  fi
  act update --restart "$policy" "$id" && act start "$id" || put_back_failed container "$name" || return 1
  if container "$name" && [ "$ID" != "${id%"${id#????????????}"}" ]; then
    say put-back failed container="$name" reason="another container has its name; it runs as $ADOPTED_CONTAINER"
    return 0
  fi
  container "$name" || act rename "$id" "$name" || put_back_failed container "$name" || return 1
  say put-back ok container="$name"
}

# A container that was stopped stays stopped. The maintainer may have removed it.
put_back_policy() {
  local name policy id
  read -r name policy id <<<"$2"
  if ! inspect container .Id "$id" >>"$LOG" 2>&1; then return 0; fi
  act update --restart "$policy" "$id" || put_back_failed container "$name" || return 1
  say put-back ok container="$name" policy="$policy"
}

# put_back_failed <kind> <name>: fails.
put_back_failed() {
  say put-back failed "$1=$2" reason="$(last_words)"
  return 1
}
