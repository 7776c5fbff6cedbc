# The app of a site: what to ask, and whether the answer is right. Streamlit answers any unknown path with 200 and its page.
HEALTH_PATH=${EDGE_HEALTH_PATH-}

# This answer is known, and shows nothing of the app's data.
is_streamlit() {
  [ "$EDGE_HEALTH_PATH $EDGE_HEALTH_BODY" = '/_stcore/health b2s=' ]
}

# is_healthy [wanted body]: judges ANSWER, which `ask` set. White space around the body does not count. Without a wanted body any 2xx is
# right.
is_healthy() {
  local said wanted=${1-$HEALTH_BODY}
  if [ -z "$wanted" ]; then
    [[ ${ANSWER##* } == 2?? ]]
    return
  fi
  IFS=$' \t\r\n' read -r -d '' said <<<"${ANSWER% *}" || true
  [ "$said ${ANSWER##* }" = "$wanted 200" ]
}
