# Reads secrets from Parameter Store with the host's role, and writes them to the container's environment file.
#
# The path can be one parameter with lines KEY=VALUE. That needs ssm:GetParameter, which AmazonSSMManagedInstanceCore has. Or the path has
# one parameter for each key. That needs ssm:GetParametersByPath on the path, which the policy lacks. SecureStrings with a customer's key
# need kms:Decrypt. Secrets and credentials are never on a command line, in a log, printed, or in a here-string, which bash can write
# to a file.
SECRETS_READ=
SECRET_KEY='^[A-Za-z_][A-Za-z0-9_]*$'

# add_secrets <environment file>
add_secrets() {
  if [ -z "$EDGE_SECRETS_PATH" ]; then return; fi
  begin secrets
  local reply
  sign_as_host
  (umask 077 && : >"$1.secrets")
  if reply=$(parameter_store GetParameter "{\"Name\":\"$EDGE_SECRETS_PATH\",\"WithDecryption\":true}"); then
    printf '%s' "$reply" | strings_of Value >"$1.secrets"
  elif [[ $reply == *ParameterNotFound* ]]; then
    read_path "$1.secrets"
  else
    secrets_failed "$reply" ssm:GetParameter
  fi
  check_secrets "$1"
  # Shorter values would remove too much of the app's output.
  mapfile -t SECRET_VALUES < <(cut -d = -f 2- "$1.secrets" | awk 'length > 5 { print length, $0 }' | sort -rn | cut -d ' ' -f 2-)
  SECRETS_READ=$(grep -c . "$1.secrets" || true)
  # The last line can lack a newline.
  if [ -n "$(tail -c 1 "$1")" ]; then echo >>"$1"; fi
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
    paste -d = <(printf '%s' "$reply" | strings_of Name | sed 's,.*/,,') <(printf '%s' "$reply" | strings_of Value | tr '\n' '\r' | sed 's/\r$//' | tr '\r' '\n') >>"$1"
    token=$(printf '%s' "$reply" | strings_of NextToken)
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
  fail "$EDGE_SECRETS_PATH was not read: $(refusal "$1" "$SSM_ENDPOINT")" "the role of this host needs $2 on it, and kms:Decrypt where a key of your own is used"
}

# parameter_store <operation> <request>: prints the reply; fails for any status but 200.
parameter_store() {
  call_aws ssm "$REGION" "$SSM_ENDPOINT" "AmazonSSM.$1" "$2"
}

# read_parameter <name> <file>: writes its value to a file that only root can read.
read_parameter() {
  local reply
  reply=$(parameter_store GetParameter "{\"Name\":\"$1\",\"WithDecryption\":true}") ||
    fail "$1 was not read: $(refusal "$reply" "$SSM_ENDPOINT")" 'the role of this host needs ssm:GetParameter on it'
  (umask 077 && printf '%s' "$reply" | strings_of Value >"$2")
}
