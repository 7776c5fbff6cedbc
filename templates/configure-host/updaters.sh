# shellcheck shell=bash
# Start-up scripts by hand that write the name's record: they and ragstream-edge would overwrite each other for ever.

WRITES_RECORDS='route53|change-resource-record-sets'

find_updaters() {
  begin updater
  local file files=()
  for file in "$ROOT_DIR"/etc/systemd/system/*.service "$ROOT_DIR"/var/lib/cloud/scripts/per-boot/* "$ROOT_DIR"/etc/cron.d/* \
    "$ROOT_DIR"/etc/crontab "$ROOT_DIR"/var/spool/cron/root "$ROOT_DIR"/var/spool/cron/crontabs/root "$ROOT_DIR"/etc/rc.local; do
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

updater_found() {
  local path=${1#"$ROOT_DIR"}
  if ! names_this_site "$1"; then
    say found ok kind=updater path="$path" reason='it changes Route 53, but does not name this site; it stays'
    return
  fi
  case $path in
    *.service) ADOPT_UNITS+=("${path##*/}") ;;
    */per-boot/*) ADOPT_FILES+=("$1") ;;
    *cron*) ADOPT_TABLES+=("$1") ;;
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
  grep -oE '/[A-Za-z0-9_./-]+' "$1" | sort -u | while IFS= read -r path; do
    path=$ROOT_DIR$path
    if [ -f "$path" ] && [ "$path" != "$1" ] && [ "$(wc -c <"$path")" -lt 65536 ] && grep -Iq . "$path"; then cat "$path"; fi
  done
}

writes_records() {
  with_scripts "$1" | grep -iE "$WRITES_RECORDS" >/dev/null
}

names_this_site() {
  local name names=()
  for name in $EDGE_HOSTNAME ${EDGE_ALIASES//,/ }; do names+=(-e "$name"); done
  with_scripts "$1" | grep -F "${names[@]}" >/dev/null
}
