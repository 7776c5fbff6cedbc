# What stands for a value that is not given, by the table of parameters.sh. A document gives every value.
while read -r _ name default _; do
  if [ "$default" != - ] && [ ! -v "$name" ]; then printf -v "$name" '%s' "${default#=}"; fi
done <<<"$PARAMETERS"
