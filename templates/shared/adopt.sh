# With adopt: moves aside what foreign.sh found. If this run fails, everything is restored.

adopts_files() {
  [ "${#ADOPT_FILES[@]}" -gt 0 ]
}

is_adopted_file() {
  local file
  for file in ${ADOPT_FILES[@]+"${ADOPT_FILES[@]}"}; do
    if [ "$file" = "$1" ]; then return 0; fi
  done
  return 1
}

# The files of nginx. They are moved aside right before our own file is put in place.
adopt_files() {
  local file
  for file in ${ADOPT_FILES[@]+"${ADOPT_FILES[@]}"}; do
    set_file_aside "$SITE_ASIDE" "$file"
    say adopt changed path="$file"
  done
}

# The foreign container acts as the previous one: it stops for ours, and returns if ours is not healthy.
adopt_container() {
  local id policy
  id=$(inspect container .Id "$ADOPT_HOLDER")
  policy=$(policy_of "$id")
  new_entry "$SITE_ASIDE"
  add_entry "$SITE_ASIDE" "container $ADOPT_HOLDER $policy $id"
  logged docker update --restart no "$id"
  logged docker rename "$id" "$ADOPTED_CONTAINER"
  read_containers
  say adopt changed container="$ADOPT_HOLDER" kept="$ADOPTED_CONTAINER"
}

# Stopped containers that Docker would start on our port at the next boot.
adopt_policies() {
  local name id policy
  for name in ${ADOPT_POLICIES[@]+"${ADOPT_POLICIES[@]}"}; do
    id=$(inspect container .Id "$name")
    policy=$(policy_of "$id")
    new_entry "$SITE_ASIDE"
    add_entry "$SITE_ASIDE" "policy $name $policy $id"
    logged docker update --restart no "$id"
    say adopt changed container="$name" policy="$policy" now=no
  done
}

policy_of() {
  local policy most
  policy=$(inspect container .HostConfig.RestartPolicy.Name "$1")
  if [ -z "$policy" ]; then policy=no; fi
  if [ "$policy" = on-failure ]; then
    most=$(inspect container .HostConfig.RestartPolicy.MaximumRetryCount "$1")
    if [ "$most" -gt 0 ]; then policy+=:$most; fi
  fi
  printf '%s' "$policy"
}
