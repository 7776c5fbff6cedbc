# Logs in to a private registry of ECR with the host's own role, for one pull.
#
# Docker writes a login unencrypted into its configuration folder. So the pull gets its own folder, in memory and for root alone, which
# is deleted after the pull. If the run is killed, the next run deletes it.
ECR='^([0-9]{12}\.dkr\.ecr\.([a-z0-9-]+)\.(amazonaws\.com(\.cn)?))/'
ECR_ENDPOINT=${EDGE_ECR_ENDPOINT-}
ECR_HINT="the host's role needs ecr:GetAuthorizationToken, ecr:BatchGetImage, ecr:GetDownloadUrlForLayer (AmazonEC2ContainerRegistryReadOnly)"
LOGIN_FOLDERS=$RUN_DIR/ragstream-edge-login
LOGIN_FOLDER=
# Arguments of env for the pull. Empty if the registry needs no login.
LOGIN=()

# A token is valid in the registry's region, which can differ from the host's.
log_in() {
  local registry region reply password said
  [[ $EDGE_IMAGE =~ $ECR ]] || return 0
  registry=${BASH_REMATCH[1]}
  region=${BASH_REMATCH[2]}
  if [ -z "$ECR_ENDPOINT" ]; then ECR_ENDPOINT=https://api.ecr.$region.${BASH_REMATCH[3]}; fi
  sign_as_host
  reply=$(call_aws ecr "$region" "$ECR_ENDPOINT" AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken '{}') || no_token "$reply"
  # The decoded text is AWS:<password>. A here-string could be written to a file, so none is used.
  password=$(printf '%s' "$reply" | strings_of authorizationToken | base64 -d 2>/dev/null) || password=
  [[ $password == AWS:?* ]] || no_token '{"__type":"its reply holds none"}'
  LOGIN_FOLDER=$(mktemp -d "$LOGIN_FOLDERS.XXXXXX")
  LOGIN=("DOCKER_CONFIG=$LOGIN_FOLDER")
  said=$(printf '%s' "${password#AWS?}" | timeout 60 env "${LOGIN[@]}" docker login --username AWS --password-stdin "$registry" 2>&1) ||
    fail "$registry refused the login: ${said##*$'\n'}" "$ECR_HINT"
}

# no_token <reply>
no_token() {
  fail "ECR gave no token: $(refusal "$1" "$ECR_ENDPOINT")" "$ECR_HINT"
}

log_out() {
  if [ -n "$LOGIN_FOLDER" ]; then rm -rf "$LOGIN_FOLDER"; fi
  LOGIN_FOLDER=
  LOGIN=()
}
