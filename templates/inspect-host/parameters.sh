# shellcheck shell=bash
# Generated from functions/lib/hosts/parameters.ts by scripts/generate.ts: change it there.
# What the program takes: what stands for a value that is not given, and for each its name, its variable and its pattern, which the
# host checks once more.
: "${EDGE_CONTAINER_PORT=8501}"
: "${EDGE_HOST_PORT=8501}"
: "${EDGE_HEALTH_PATH=/_stcore/health}"
: "${EDGE_WEBSOCKET=/_stcore/stream}"
PARAMETERS='Hostname EDGE_HOSTNAME ^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$
ContainerPort EDGE_CONTAINER_PORT ^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$
HostPort EDGE_HOST_PORT ^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$
HealthPath EDGE_HEALTH_PATH ^(/|(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+/?)$
Websocket EDGE_WEBSOCKET ^((/|(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+/?))?$'
