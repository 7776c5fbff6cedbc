# shellcheck shell=bash
# Takes over what foreign.sh found, when the site says adopt. All of it goes aside and comes back when this run fails.

adopts_files() {
  [ "${#ADOPT_FILES[@]}" -gt 0 ] || [ "${#ADOPT_BLOCKS[@]}" -gt 0 ]
}

# The text of a file without its server blocks that are taken over.
without_blocks() {
  local entry ranges=
  for entry in ${ADOPT_BLOCKS[@]+"${ADOPT_BLOCKS[@]}"}; do
    if [ "${entry#* * }" = "$1" ]; then ranges+=" ${entry% *}"; fi
  done
  awk -v ranges="$ranges" '
    BEGIN { n = split(ranges, r, " ") }
    { for (i = 1; i < n; i += 2) if (NR >= r[i] && NR <= r[i + 1]) next; print }
  ' "$1"
}

adopted_blocks_of() {
  local entry
  for entry in ${ADOPT_BLOCKS[@]+"${ADOPT_BLOCKS[@]}"}; do
    if [ "${entry#* * }" = "$1" ]; then return 0; fi
  done
  return 1
}

is_adopted_file() {
  local file
  for file in ${ADOPT_FILES[@]+"${ADOPT_FILES[@]}"}; do
    if [ "$file" = "$1" ]; then return 0; fi
  done
  return 1
}

# A block that shares a line with something else cannot be cut out by lines.
check_blocks() {
  local entry first last file
  for entry in ${ADOPT_BLOCKS[@]+"${ADOPT_BLOCKS[@]}"}; do
    read -r first last file <<<"$entry"
    if ! sed -n "${first}p" "$file" | grep -qE '^[[:space:]]*server([[:space:]]|[{]|$)' ||
      ! sed -n "${last}p" "$file" | grep -qE '[}][[:space:]]*(#.*)?$'; then
      fail "the server block at $file:$first shares its lines with others" 'put it on lines of its own'
    fi
  done
}

# The nginx side, right before our own file comes into its place. A file with nothing left in it goes as a whole.
adopt_files() {
  local entry file seen=: new=$SITE_STATE/adopt.new
  for file in ${ADOPT_FILES[@]+"${ADOPT_FILES[@]}"}; do
    set_file_aside "$SITE_ASIDE" "$file"
    say adopt changed path="$file"
  done
  for entry in ${ADOPT_BLOCKS[@]+"${ADOPT_BLOCKS[@]}"}; do
    file=${entry#* * }
    if [[ $seen == *":$file:"* ]]; then continue; fi
    seen+=$file:
    without_blocks "$file" >"$new"
    if grep -qvE '^[[:space:]]*(#|$)' "$new"; then
      set_edit_aside "$SITE_ASIDE" "$(readlink -f "$file")" "$new"
    else
      set_file_aside "$SITE_ASIDE" "$file"
    fi
    say adopt changed path="$file"
  done
  rm -f "$new"
}

# Last, when all else is proved: a record that nobody writes for a minute is better than a site that nobody serves.
adopt_updaters() {
  local unit table new=$SITE_STATE/adopt.new
  for unit in ${ADOPT_UNITS[@]+"${ADOPT_UNITS[@]}"}; do
    adopt_unit "$unit"
  done
  for table in ${ADOPT_TABLES[@]+"${ADOPT_TABLES[@]}"}; do
    comment_updaters_out "$table" >"$new"
    set_edit_aside "$SITE_ASIDE" "$table" "$new"
    say adopt changed path="$table"
  done
  remove_files "$new"
}

# A unit that only others start (a timer, a path) is left in peace when they are, which comes first: it could start once more.
adopt_unit() {
  local key value enabled=unknown active=unknown triggers=''
  while IFS='=' read -r key value; do
    case $key in
      UnitFileState) enabled=$value ;;
      ActiveState) active=$value ;;
      TriggeredBy) triggers=$value ;;
    esac
  done < <(systemctl show --property UnitFileState,ActiveState,TriggeredBy "$1")
  for value in $triggers; do adopt_unit "$value"; done
  new_entry "$SITE_ASIDE"
  add_entry "$SITE_ASIDE" "unit $1 $enabled $active"
  # Of a unit that lies elsewhere the link goes with its enablement. It comes back before the unit is enabled.
  if [ -L "$UNIT_DIR/$1" ]; then
    new_entry "$SITE_ASIDE" "$UNIT_DIR/$1"
    add_entry "$SITE_ASIDE" "file $ENTRY $UNIT_DIR/$1"
  fi
  # Not at once (--now): a unit whose link is gone is not known any more.
  logged systemctl stop "$1" && logged systemctl disable "$1" || fail "the unit $1 is not switched off: $(last_words)" "the site is live, and the unit as it was; see $LOG on the host, then run again"
  say adopt changed unit="$1"
}

# A line of a cron table stands for itself, so those that write the record of this site can go, and the others stay.
comment_updaters_out() {
  local line entry=$SITE_STATE/adopt.line
  if [ "$CHECK" = true ]; then entry=$CHECK_FOLDER/adopt.line; fi
  while IFS= read -r line || [ -n "$line" ]; do
    printf '%s\n' "$line" >"$entry"
    if [[ $line != \#* ]] && writes_own_record "$entry"; then printf '# ragstream-edge took this over: '; fi
    printf '%s\n' "$line"
  done <"$1"
  rm -f "$entry"
}

# In the place of the previous container: it stops for ours, and comes back when ours does not prove itself.
adopt_container() {
  local id policy most
  id=$(inspect container .Id "$ADOPT_HOLDER")
  policy=$(inspect container .HostConfig.RestartPolicy.Name "$ADOPT_HOLDER")
  if [ -z "$policy" ]; then policy=no; fi
  if [ "$policy" = on-failure ]; then
    most=$(inspect container .HostConfig.RestartPolicy.MaximumRetryCount "$ADOPT_HOLDER")
    if [ "$most" -gt 0 ]; then policy+=:$most; fi
  fi
  new_entry "$SITE_ASIDE"
  add_entry "$SITE_ASIDE" "container $ADOPT_HOLDER $policy $id"
  logged docker update --restart no "$id"
  logged docker rename "$id" "$ADOPTED_CONTAINER"
  read_containers
  say adopt changed container="$ADOPT_HOLDER" kept="$ADOPTED_CONTAINER"
}
