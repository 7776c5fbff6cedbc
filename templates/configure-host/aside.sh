# shellcheck shell=bash
# What was there before ragstream-edge is kept, not thrown away: a list of what was done, and copies. README.md has the form.
#
# An entry is written before its act, so that a run that is killed between the two has still nothing that cannot be put back.

# new_entry <folder> <path>: keeps a copy of the file or link; its number in ENTRY.
new_entry() {
  mkdir -p "$1"
  chmod 700 "$1"
  if [ ! -e "$1/unproved" ]; then count_entries "$1" >"$1/unproved"; fi
  ENTRY=1
  while [ -e "$1/$ENTRY" ] || [ -L "$1/$ENTRY" ]; do ENTRY=$((ENTRY + 1)); done
  if [ -n "${2-}" ]; then cp -a "$2" "$1/$ENTRY"; fi
}

count_entries() {
  if [ -e "$1/list" ]; then wc -l <"$1/list"; else echo 0; fi
}

# What a run, or a killed one before it, set aside without having ended well. A folder that holds no more is removed.
put_unproved_back() {
  if [ ! -e "$1/unproved" ]; then return; fi
  put_back "$1" "$(cat "$1/unproved")"
}

set_file_aside() {
  new_entry "$1" "$2"
  printf 'file %s %s\n' "$ENTRY" "$2" >>"$1/list"
  rm -f "$2"
}

# set_edit_aside <folder> <path> <file with the new text>: owner and mode stay as they are.
set_edit_aside() {
  new_entry "$1" "$2"
  printf 'edit %s %s %s\n' "$ENTRY" "$(hash_of "$3")" "$2" >>"$1/list"
  cp -a "$2" "$2.ragstream-edge"
  cat "$3" >"$2.ragstream-edge"
  mv -f "$2.ragstream-edge" "$2"
}

# remove_files <path...>: a program is started only where one of them is there.
remove_files() {
  local path
  for path in "$@"; do
    if [ -e "$path" ] || [ -L "$path" ]; then rm -f "$path"; fi
  done
}

# Where SELinux is, nginx may read a file only under the label of its place.
relabel() {
  if command -v restorecon >/dev/null; then logged restorecon "$1" || true; fi
}

hash_of() {
  local hash
  hash=$(sha256sum "$1")
  printf '%s' "${hash%% *}"
}

# put_back <folder> [how many stay]: the last first. What somebody else put in the place meanwhile stays, and is said.
put_back() {
  local kind rest at lines=() stay=${2-0}
  if [ -e "$1/list" ]; then mapfile -t lines <"$1/list"; fi
  for ((at = ${#lines[@]} - 1; at >= stay; at--)); do
    read -r kind rest <<<"${lines[at]}"
    "put_back_$kind" "$1" "$rest"
  done
  if [ "$stay" -eq 0 ]; then
    rm -rf "$1"
  else
    head -n "$stay" "$1/list" >"$1/list.new"
    mv -f "$1/list.new" "$1/list"
    rm -f "$1/unproved"
  fi
}

put_back_file() {
  local n path
  read -r n path <<<"$2"
  if [ -e "$path" ] || [ -L "$path" ]; then return; fi
  if logged cp -a "$1/$n" "$path"; then
    relabel "$path"
    say put-back ok path="$path"
  else
    say put-back failed path="$path" reason="$(last_words)"
  fi
}

put_back_edit() {
  local n hash path
  read -r n hash path <<<"$2"
  if [ "$(hash_of "$path")" = "$hash" ]; then
    cp -a "$1/$n" "$path.ragstream-edge"
    relabel "$path.ragstream-edge"
    mv -f "$path.ragstream-edge" "$path"
    say put-back ok path="$path"
  elif ! cmp -s "$1/$n" "$path"; then
    cp -a "$1/$n" "$path.before-ragstream-edge"
    say put-back failed path="$path" reason="it was changed since; as it was is beside it, $path.before-ragstream-edge"
  fi
}

put_back_unit() {
  local unit enabled active result=ok
  read -r unit enabled active <<<"$2"
  # An older line has the name alone.
  if [[ -z $enabled || $enabled == enabled* ]]; then logged systemctl enable "$unit" || result=failed; fi
  if [[ $active == *activ* && $active != *inactive* ]]; then logged systemctl start --no-block "$unit" || result=failed; fi
  if [ "$result" = ok ]; then say put-back ok unit="$unit"; else say put-back failed unit="$unit" reason="$(last_words)"; fi
}

# The container may be gone by the maintainer's own hand.
put_back_container() {
  local name policy id
  read -r name policy id <<<"$2"
  docker container inspect "$id" >/dev/null 2>&1 || return 0
  if ! container "$name"; then act rename "$id" "$name"; fi
  logged docker update --restart "$policy" "$id"
  if act start "$id"; then say put-back ok container="$name"; else say put-back failed container="$name" reason="$(last_words)"; fi
}
