# shellcheck shell=bash

usage() {
  cat <<'END_OF_USAGE'
Usage: main.sh [--check]    as root on the host; values in EDGE_* variables: EDGE_HOSTNAME and EDGE_IMAGE are
wanted, parameters.sh beside it names the others and what stands for them
Makes one site live on this host: nginx on port 80 leads its names to its container. Repeat it at will.
  --check   says what it would do, and changes nothing: result=would-change
Each line is step=... result=...; the last one tells the outcome. Details: /var/log/ragstream-edge.log
END_OF_USAGE
  trap - EXIT
  exit 2
}
