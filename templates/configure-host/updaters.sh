# shellcheck shell=bash
# Start-up scripts by hand that write the name's record: they and ragstream-edge would overwrite each other for ever.

WRITES_RECORDS='route53|change-resource-record-sets'

find_updaters() {
  begin updater
  local file files=() user_data=()
  if user_data_runs_at_boot; then user_data=("$ROOT_DIR"/var/lib/cloud/instance/scripts/*); fi
  for file in "$ROOT_DIR"/etc/systemd/system/*.service "$ROOT_DIR"/usr/local/lib/systemd/system/*.service \
    "$ROOT_DIR"/var/lib/cloud/scripts/per-boot/* ${user_data[@]+"${user_data[@]}"} "$ROOT_DIR"/etc/cron.{d,hourly,daily,weekly,monthly}/* \
    "$ROOT_DIR"/etc/crontab "$ROOT_DIR"/var/spool/cron/* "$ROOT_DIR"/var/spool/cron/crontabs/* "$ROOT_DIR"/etc/rc.local; do
    if [ -f "$file" ]; then files+=("$file"); fi
  done
  if ! some_writes_records ${files[@]+"${files[@]}"}; then return; fi
  for file in "${files[@]}"; do
    if writes_records "$file"; then updater_found "$file"; fi
  done
}

# Most hosts have none: all are looked through at once first.
some_writes_records() {
  local path paths=() named=()
  if [ "$#" -eq 0 ]; then return 1; fi
  mapfile -t paths < <(grep -ohE '/[A-Za-z0-9_./-]+' "$@" | sort -u)
  for path in ${paths[@]+"${paths[@]}"}; do
    if [ -f "$ROOT_DIR$path" ]; then named+=("$ROOT_DIR$path"); fi
  done
  grep -qIiE "$WRITES_RECORDS" "$@" ${named[@]+"${named[@]}"} 2>/dev/null
}

# As a rule the scripts of user data ran once, at the first boot.
user_data_runs_at_boot() {
  grep -qszE "scripts-user[]\"',[:space:]-]+always" "$ROOT_DIR"/var/lib/cloud/instance/user-data.txt* "$ROOT_DIR"/etc/cloud/cloud.cfg "$ROOT_DIR"/etc/cloud/cloud.cfg.d/*
}

updater_found() {
  local path=${1#"$ROOT_DIR"}
  if ! names_this_site "$1"; then
    say found ok kind=updater path="$path" reason='it changes Route 53, but does not name this site; it stays'
    return
  fi
  case $path in
    *.service) ADOPT_UNITS+=("${path##*/}") ;;
    */per-boot/* | */cron.*ly/*) ADOPT_FILES+=("$1") ;;
    *cron*)
      if [ "$EDGE_ADOPT" = true ] && comment_updaters_out "$1" | cmp -s - <(awk 1 "$1"); then
        not_ours_to_take updater "$path writes the record of $EDGE_HOSTNAME, but no line of it says so by itself" 'take these lines out by hand'
      fi
      ADOPT_TABLES+=("$1")
      ;;
    */cloud/instance/*)
      if [ "$EDGE_ADOPT" = true ]; then
        not_ours_to_take updater "$path writes the record of $EDGE_HOSTNAME at each boot" 'it is the user data of the instance: take these lines out there'
      fi
      ;;
    *)
      if [ "$EDGE_ADOPT" = true ]; then
        not_ours_to_take updater "$path writes the record of $EDGE_HOSTNAME" 'take these lines out by hand'
      fi
      ;;
  esac
  found updater "$path writes the record of $EDGE_HOSTNAME" kind=updater path="$path"
}

# with_scripts <file>: the file, and the text of the programs that it starts.
with_scripts() {
  local path
  cat "$1"
  { grep -oE '/[A-Za-z0-9_./-]+' "$1" || true; } | sort -u | while IFS= read -r path; do
    path=$ROOT_DIR$path
    if [ -f "$path" ] && [ "$path" != "$1" ] && [ "$(wc -c <"$path")" -lt 65536 ] && grep -Iq . "$path"; then cat "$path"; fi
  done
}

writes_records() {
  with_scripts "$1" | grep -iE "$WRITES_RECORDS" >/dev/null
}

# A name as a whole, not as a part of another one.
names_this_site() {
  local name names=()
  for name in $EDGE_HOSTNAME ${EDGE_ALIASES//,/ }; do names+=(-e "(^|[^A-Za-z0-9_.-])${name//./[.]}[.]?([^A-Za-z0-9_.-]|\$)"); done
  with_scripts "$1" | grep -iE "${names[@]}" >/dev/null
}

writes_own_record() {
  writes_records "$1" && names_this_site "$1"
}
