# shellcheck shell=bash
# Secrets from Parameter Store, read by the host with its own role, into the environment file of the container.
#
# The path itself may be one parameter with lines KEY=VALUE: ssm:GetParameter is in AmazonSSMManagedInstanceCore. Or it
# holds one parameter for each key: that takes ssm:GetParametersByPath on it, which the policy lacks. SecureStrings under
# a key of the customer's take kms:Decrypt. No secret and no credential is ever on a command line, in a log or printed.
IMDS=http://169.254.169.254
IMDS=${EDGE_IMDS-$IMDS}
SSM_ENDPOINT=${EDGE_SSM_ENDPOINT-}
SECRETS_READ=
SECRET_KEY='^[A-Za-z_][A-Za-z0-9_]*$'
# For curl's standard input: credentials and region, as a configuration.
SIGNING=

# add_secrets <environment file>
add_secrets() {
  if [ -z "$EDGE_SECRETS_PATH" ]; then return; fi
  begin secrets
  local reply
  sign_as_host
  (umask 077 && : >"$1.secrets")
  if reply=$(parameter_store GetParameter "{\"Name\":\"$EDGE_SECRETS_PATH\",\"WithDecryption\":true}"); then
    strings_of Value <<<"$reply" >"$1.secrets"
  elif [[ $reply == *ParameterNotFound* ]]; then
    read_path "$1.secrets"
  else
    secrets_failed "$reply" ssm:GetParameter
  fi
  check_secrets "$1"
  SECRETS_READ=$(grep -c . "$1.secrets" || true)
  cat "$1.secrets" >>"$1"
  rm -f "$1.secrets"
  begin container-files
}

# One parameter for each key; pages of ten.
read_path() {
  local reply next='' token=''
  while :; do
    reply=$(parameter_store GetParametersByPath "{\"Path\":\"$EDGE_SECRETS_PATH\",\"WithDecryption\":true$next}") ||
      secrets_failed "$reply" ssm:GetParametersByPath
    paste -d = <(strings_of Name <<<"$reply" | sed 's,.*/,,') <(strings_of Value <<<"$reply" | tr '\n' '\r' | sed 's/\r$//' | tr '\r' '\n') >>"$1"
    token=$(strings_of NextToken <<<"$reply")
    if [ -z "$token" ]; then return; fi
    next=",\"NextToken\":\"$token\""
  done
}

check_secrets() {
  local key
  check_lines "a secret of $EDGE_SECRETS_PATH" "$1.secrets" "${SECRET_KEY%\$}=" 'KEY=VALUE; a value is one line'
  [ -s "$1.secrets" ] || fail "there is nothing at $EDGE_SECRETS_PATH" 'create the parameter, or set secretsPath to null'
  key=$(cut -d = -f 1 "$1" "$1.secrets" | grep . | sort | uniq -d | head -n 1)
  [ -z "$key" ] || fail "$key is there twice, in the secrets or in container.env" 'keep one of them'
}

# secrets_failed <reply> <right>
secrets_failed() {
  local kind
  kind=$(strings_of __type <<<"$1")
  if [ -z "$kind" ]; then kind="no answer of $SSM_ENDPOINT"; fi
  fail "$EDGE_SECRETS_PATH was not read: ${kind##*#}" "the role of this host needs $2 on it, and kms:Decrypt where a key of your own is used"
}

# Credentials of the instance's role. IMDSv2: a token first, and no proxy, whatever the environment says.
sign_as_host() {
  local role credentials region domain key secret session
  IMDS_TOKEN=$(printf '' | curl --silent --fail --max-time 5 --noproxy '*' --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$IMDS/latest/api/token") ||
    fail 'the instance metadata gives no token' 'is this an EC2 instance with the metadata service on?'
  role=$(metadata iam/security-credentials/) || role=
  [ -n "$role" ] || fail 'this host has no role' 'attach an instance profile'
  credentials=$(metadata "iam/security-credentials/${role%%$'\n'*}") || fail 'the metadata gives no credentials' 'see the instance profile of this host'
  region=$(metadata placement/region)
  domain=$(metadata services/domain)
  key=$(strings_of AccessKeyId <<<"$credentials")
  secret=$(strings_of SecretAccessKey <<<"$credentials")
  session=$(strings_of Token <<<"$credentials")
  if [ -z "$SSM_ENDPOINT" ]; then SSM_ENDPOINT=https://ssm.$region.$domain; fi
  SIGNING=$(printf 'aws-sigv4 = "aws:amz:%s:ssm"\nuser = "%s:%s"\nheader = "X-Amz-Security-Token: %s"\n' "$region" "$key" "$secret" "$session")
}

metadata() {
  printf 'header = "X-aws-ec2-metadata-token: %s"\n' "$IMDS_TOKEN" |
    curl --silent --fail --max-time 5 --noproxy '*' --config - "$IMDS/latest/meta-data/$1"
}

# parameter_store <operation> <request>: prints the reply; fails for any status but 200.
parameter_store() {
  local reply
  reply=$(printf '%s\n' "$SIGNING" | curl --silent --max-time 20 --config - --write-out '\n%{http_code}' \
    --header 'Content-Type: application/x-amz-json-1.1' --header "X-Amz-Target: AmazonSSM.$1" --data "$2" "$SSM_ENDPOINT/") || true
  printf '%s' "${reply%$'\n'*}"
  [ "${reply##*$'\n'}" = 200 ]
}
