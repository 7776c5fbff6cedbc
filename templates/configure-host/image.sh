# shellcheck shell=bash
# The image, before anything is stopped for it.
IMAGE_ID=

# A digest names its content, so it is pulled at most once. An image without a digest of a registry was built or loaded
# here: no registry is asked for it, where somebody else could hold its name. A tag may have moved: its registry is
# asked, and if that does not answer, the image that is here is used.
pull_image() {
  begin image
  local before how=unchanged note=()
  before=$(image_id)
  if [ -z "$before" ]; then
    logged docker pull --quiet "$EDGE_IMAGE" ||
      fail "image $EDGE_IMAGE is not on this host and was not pulled: $(last_words)" 'check its name, and that this host may pull it'
  elif [[ $EDGE_IMAGE != *@sha256:* ]] && came_from_registry; then
    logged timeout 300 docker pull --quiet "$EDGE_IMAGE" || note=(reason="not pulled, using the image that is here: $(last_words)")
  fi
  IMAGE_ID=$(image_id)
  if [ "$before" != "$IMAGE_ID" ]; then how=changed; fi
  say image "$how" image="$EDGE_IMAGE" id="$IMAGE_ID" ${note[@]+"${note[@]}"}
}

image_id() {
  local id
  # For an image that is not there, docker may print something nevertheless.
  if id=$(inspect image .Id "$EDGE_IMAGE" 2>/dev/null); then printf '%s' "$id"; fi
}

came_from_registry() {
  [ "$(inspect image 'len .RepoDigests' "$EDGE_IMAGE")" != 0 ]
}

# inspect <image|container> <expression> <name>: one field. The braces of Docker's template are put together here,
# because an SSM agent reads two of them side by side as a parameter of the document.
inspect() {
  local open='{' close='}'
  docker "$1" inspect --format "$open$open$2$close$close" "$3"
}
