# Calls AWS with the host's role. curl reads the credentials from standard input, so they are never on a command line, in a log or
# printed.
IMDS=http://169.254.169.254
IMDS=${EDGE_IMDS-$IMDS}
SSM_ENDPOINT=${EDGE_SSM_ENDPOINT-}
REGION=
# Prints the credentials as a configuration for curl's standard input.
SIGNING=

# Credentials of the instance's role, by IMDSv2: first a token. Proxies of the environment are not used.
sign_as_host() {
  local role credentials domain key='' secret='' session='' major=0 minor=0
  IFS=' .' read -r _ major minor _ < <(curl --version) || true
  if ((major * 1000 + minor < 7088)); then
    fail "curl $major.$minor signs neither the session nor the call: 7.88 does" 'install a newer curl, or a newer system (Ubuntu 22.04 has 7.81)'
  fi
  IMDS_TOKEN=$(printf '' | curl --silent --fail --connect-timeout 5 --max-time 15 --noproxy '*' --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$IMDS/latest/api/token") ||
    fail 'the instance metadata gives no token' 'is this an EC2 instance with the metadata service on?'
  role=$(metadata iam/security-credentials/) || role=
  [ -n "$role" ] || fail 'this host has no role' 'attach an instance profile'
  credentials=$(metadata "iam/security-credentials/${role%%$'\n'*}") || fail 'the metadata gives no credentials' 'see the instance profile of this host'
  REGION=$(metadata placement/region)
  domain=$(metadata services/domain)
  { read -r key && read -r secret && read -r session; } < <(printf '%s' "$credentials" | strings_of AccessKeyId SecretAccessKey Token) || true
  if [ -z "$SSM_ENDPOINT" ]; then SSM_ENDPOINT=https://ssm.$REGION.$domain; fi
  SIGNING=$(printf 'user = "%s:%s"\nheader = "X-Amz-Security-Token: %s"\n' "$key" "$secret" "$session")
}

metadata() {
  printf 'header = "X-aws-ec2-metadata-token: %s"\n' "$IMDS_TOKEN" |
    curl --silent --fail --connect-timeout 5 --max-time 15 --noproxy '*' --config - "$IMDS/latest/meta-data/$1"
}

# call_aws <service> <region> <endpoint> <target> <request>: prints the reply; fails for any status but 200.
call_aws() {
  local reply
  reply=$(printf 'aws-sigv4 = "aws:amz:%s:%s"\n%s\n' "$2" "$1" "$SIGNING" | curl --silent --max-time 20 --config - --write-out '\n%{http_code}' \
    --header 'Content-Type: application/x-amz-json-1.1' --header "X-Amz-Target: $4" --data "$5" "$3/") || true
  printf '%s' "${reply%$'\n'*}"
  [ "${reply##*$'\n'}" = 200 ]
}

# refusal <reply> <endpoint>: the reason in a reply whose status is not 200.
refusal() {
  local kind
  kind=$(printf '%s' "$1" | strings_of __type)
  if [ -n "$kind" ]; then printf '%s' "${kind##*#}"; else printf 'no answer of %s' "$2"; fi
}
