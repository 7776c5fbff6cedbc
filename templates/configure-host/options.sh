# shellcheck shell=bash
# For use by hand: --check and --help.

read_options() {
  case ${1-} in
    '') ;;
    --check) CHECK=true ;;
    *) usage ;;
  esac
}

usage() {
  cat <<'END_OF_USAGE'
Usage: main.sh [--check]    as root on the host; values in EDGE_* variables, such as EDGE_HOSTNAME and EDGE_IMAGE
Makes one site live on this host: nginx on port 80 leads its names to its container. Repeat it at will.
  --check   says what it would do, and changes nothing: result=would-change
Each line is step=... result=...; the last one tells the outcome. Details: /var/log/ragstream-edge.log
END_OF_USAGE
  trap - EXIT
  exit 2
}

# What a check would put into the site's folder goes to one of its own, and nobody is waited for.
prepare_check() {
  local own
  own=$(mktemp -d)
  CHECK_FOLDER=$own
  LOG=$own/log
  CANDIDATE=$own/nginx.candidate
  DEFAULT_CANDIDATE=$own/default.candidate
  ENV_FILE=$own/env
  VOLUMES_FILE=$own/volumes
  STAGE=$NGINX_DIR/.ragstream-edge-check
  STAGE_MAIN=$NGINX_DIR/.ragstream-edge-check-main
}

# Where what comes after depends on what was not done.
stop_check() {
  say 'done' checked reason='what comes after depends on it'
  exit 0
}
