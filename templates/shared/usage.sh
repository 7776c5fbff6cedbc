# For use by hand: the head of main.sh.
usage() {
  sed -n '2,/^set/ s/^# \{0,1\}//p' "$0"
  trap - EXIT
  exit 2
}
