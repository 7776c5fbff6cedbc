# The output of a run: one line for each act on standard output, and the output of its commands in the host's log.
OVERALL=unchanged
STEP=start
FAILED_COMMAND=
FAILED_REASON=
FAILED_HINT=
LAST_LINE=
KEEPS_LAST_LINE=false
# An agent keeps 24,000 characters of a run's output. So only this many lines of one step are printed. The log has the rest.
MOST_LINES=8
SAID_STEP=
SAID_LINES=0
IS_LAST=false
ON_ONE_LINE=

begin() {
  STEP=$1
}

# say <step> <result> [key=value...]: one line. A value with other than plain characters is quoted.
say() {
  local line="step=$1 result=$2" pair
  if [ "$2" = changed ]; then OVERALL=changed; fi
  shift 2
  for pair in "$@"; do
    if [ -z "${pair#*=}" ]; then continue; fi
    on_one_line "${pair#*=}"
    line+=" ${pair%%=*}=$ON_ONE_LINE"
  done
  LAST_LINE=$line
  count_line "${line%% *}"
  if [ "$SAID_LINES" -le "$MOST_LINES" ]; then printf '%s\n' "$line"; else printf '%s\n' "$line" >>"$LOG"; fi
}

# count_line <step=...>: counts the line, except the last line of a run.
count_line() {
  if [ "$1" = "$SAID_STEP" ] && [ "$IS_LAST" != true ]; then
    SAID_LINES=$((SAID_LINES + 1))
    return
  fi
  if [ "$SAID_LINES" -gt "$MOST_LINES" ]; then printf '%s result=ok reason="and %s more, see %s on the host"\n' "$SAID_STEP" "$((SAID_LINES - MOST_LINES))" "$LOG"; fi
  SAID_STEP=$1
  SAID_LINES=1
}

# The values of the app's secrets, longest first.
SECRET_VALUES=()
BLANKED=

# blank <text>: sets BLANKED to the text without the secrets. Call it before any cut: half a secret would stay.
blank() {
  local value
  BLANKED=$1
  for value in ${SECRET_VALUES[@]+"${SECRET_VALUES[@]}"}; do BLANKED=${BLANKED//"$value"/***}; done
}

# Sets ON_ONE_LINE to at most 300 printable characters, in double quotes if the text has a space or a special character.
on_one_line() {
  local text unprintable='[^[:print:]]' plain='^[A-Za-z0-9_.,/@+:-]+$'
  blank "$1"
  text=${BLANKED//$unprintable/ }
  text=${text//\"/\'}
  printf -v ON_ONE_LINE '%.300s' "$text"
  if [[ ! $ON_ONE_LINE =~ $plain ]]; then ON_ONE_LINE="\"$ON_ONE_LINE\""; fi
}

# fail <reason> <hint>: ends the run. Not for use in $(...), where it would end the subshell only.
fail() {
  FAILED_REASON=$1
  FAILED_HINT=$2
  exit 1
}

# The log can have output of the app, so only root can read it. One older log is kept. If its disk is full, the run logs to memory.
start_log() {
  if ! has_space "${LOG%/*}"; then LOG=$RUN_DIR/ragstream-edge.log; fi
  if [ -s "$LOG" ] && [ "$(wc -c <"$LOG")" -gt 1000000 ]; then mv -f "$LOG" "$LOG.1"; fi
  (umask 077 && : >>"$LOG")
}

# Runs a command with its output in the host's log.
logged() {
  printf '%(%FT%T%z)T + %s\n' -1 "$*" >>"$LOG" || true
  "$@" >>"$LOG" 2>&1
}

# last_words [file]: why the last logged command failed, or the command whose output is in the file. Takes the last line with an error, else
# the last line: after the error, tools often print a pointer to their help.
last_words() {
  awk '
    /^[0-9-]+T[0-9:]+[+-][0-9]+ \+ / { said = $0; why = "" }
    /^ *$|^ \(exit|^(See|Try) |^Error: failed to start cont|(test|verification) failed$|dpkg: error proc|returned (an )?error|^Errors were/ { next }
    { said = $0 }
    /[Ee]rror|ERROR|emerg|[Ff]ail|[Dd]enied|[Rr]efuse|annot|ould not|[Uu]n(able|known)|[Nn]o (such|space)|^E: / { why = $0 }
    END { print why ? why : said }
  ' "${1-$LOG}"
}

# Sets NOW (seconds) and NOW_MS from a monotonic clock.
read_clock() {
  NOW=$SECONDS
  NOW_MS=$((SECONDS * 1000))
  if [ -r /proc/uptime ]; then
    read -r NOW_MS _ </proc/uptime
    NOW=${NOW_MS%%.*}
    NOW_MS=${NOW}${NOW_MS#*.}0
  fi
}

# await <milliseconds> <pause> <command...>: repeats the command until it succeeds. Ends with its last code when the time is over.
await() {
  local until pause=$2 code
  read_clock
  until=$((NOW_MS + $1))
  shift 2
  while :; do
    code=0
    "$@" || code=$?
    read_clock
    if [ "$code" -eq 0 ] || [ "$NOW_MS" -ge "$until" ]; then return "$code"; fi
    sleep "$pause"
  done
}

# The reason of a failure that no step expects.
unforeseen() {
  case $1 in
    143) FAILED_REASON='the run was interrupted' ;;
    124)
      FAILED_REASON=$NO_WORD
      if [ -z "$NO_WORD" ]; then FAILED_REASON="Docker does not answer: no word within $DOCKER_WAIT s"; fi
      FAILED_HINT='systemctl restart docker'
      return
      ;;
    *) FAILED_REASON="$FAILED_COMMAND ended with $1: $(last_words)" ;;
  esac
  FAILED_HINT="see $LOG on the host, then run again"
}

# For inspect-host: result and time of the site's last run that had the lock. A full disk must not fail a run.
keep_last_line() {
  if [ "$LOCKED" != true ] || [ "$CHECK" = true ] || [ "$KEEPS_LAST_LINE" = true ]; then return; fi
  { TZ=UTC0 printf '%(%FT%TZ)T %s\n' -1 "$LAST_LINE" >"$SITE_STATE/last"; } 2>/dev/null || true
}

# On exit of a program that only reads.
say_why() {
  if [ -n "$FAILED_REASON" ]; then say "$STEP" failed reason="$FAILED_REASON" hint="$FAILED_HINT" >&2; fi
}

# Runs at every exit. The roll-back comes first, so that the last line has the outcome.
finish() {
  local code=$?
  # A child that bash has just forked, and that gets a signal before it starts its program, runs this too.
  if [ "$BASHPID" != "$$" ]; then exit "$code"; fi
  trap '' TERM INT HUP
  trap - EXIT ERR
  set +e
  # The output may be redirected at this moment.
  exec >&3
  # A check has its own folder, once its values were checked.
  if [ "$LOCKED" = true ] || [ -n "$CHECK_FOLDER" ]; then discard_stage; fi
  if [ "$code" -ne 0 ]; then
    [ -n "$FAILED_REASON" ] || unforeseen "$code"
    if [ "$CHECK" != true ]; then look_for_space; fi
    roll_back
    if [ "$LOCKED" = true ]; then sweep_new; fi
    IS_LAST=true
    say "$STEP" failed reason="$FAILED_REASON" hint="$FAILED_HINT"
  fi
  keep_last_line
  if [ -n "$CHECK_FOLDER" ]; then rm -rf "$CHECK_FOLDER"; fi
  exit "$code"
}
