# For use by hand: --check and --help.

read_options() {
  case ${1-} in
    '') ;;
    --check) CHECK=true ;;
    *) usage ;;
  esac
}

# A check writes to its own folder instead of the site's, and waits for nobody.
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

# Ends the check if later steps depend on an act that it did not do.
stop_check() {
  say 'done' checked reason='what comes after depends on it'
  exit 0
}
