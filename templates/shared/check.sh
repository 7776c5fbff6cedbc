# shellcheck shell=bash
# For use by hand: --check and --help.

read_options() {
  case ${1-} in
    '') ;;
    --check) CHECK=true ;;
    *) usage ;;
  esac
}

# What a check would put into the site's folder goes to one of its own, and nobody is waited for.
prepare_check() {
  local own
  own=$(mktemp -d)
  CHECK_FOLDER=$own
  LOG=$own/log
  CANDIDATE=$own/nginx.candidate
  DEFAULT_CANDIDATE=$own/default.candidate
  LIMITS_CANDIDATE=$own/limits.candidate
  ENV_FILE=$own/env
  VOLUMES_FILE=$own/volumes
  STAGE=$NGINX_DIR/.ragstream-edge-check.$$
  STAGE_MAIN=$NGINX_DIR/.ragstream-edge-check.main.$$
}

# Where what comes after depends on what was not done.
stop_check() {
  say 'done' checked reason='what comes after depends on it'
  exit 0
}
