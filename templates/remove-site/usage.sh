# shellcheck shell=bash

usage() {
  cat <<'END_OF_USAGE'
Usage: main.sh [--check]    as root on the host; the site's name in EDGE_HOSTNAME
Takes one site off this host and puts back what was there before it. Its image and the folders of its volumes stay.
  --check   says what it would do, and changes nothing: result=would-change
Each line is step=... result=...; the last one tells the outcome. Details: /var/log/ragstream-edge.log
END_OF_USAGE
  trap - EXIT
  exit 2
}
