# shellcheck shell=bash
# The app of a site: what is asked of it, and whether that was the right answer. Streamlit answers any unknown path with 200 and its page.
HEALTH_PATH=${EDGE_HEALTH_PATH-}

# What it says there is known, and nothing of what it keeps.
is_streamlit() {
  [ "$EDGE_HEALTH_PATH $EDGE_HEALTH_BODY" = '/_stcore/health b2s=' ]
}

# is_healthy [wanted body]: of the answer that `ask` left in ANSWER. White space around the body does not count; where none is wanted, any 2xx
# is right.
is_healthy() {
  local said wanted=${1-$HEALTH_BODY}
  if [ -z "$wanted" ]; then
    [[ ${ANSWER##* } == 2?? ]]
    return
  fi
  IFS=$' \t\r\n' read -r -d '' said <<<"${ANSWER% *}" || true
  [ "$said ${ANSWER##* }" = "$wanted 200" ]
}
