# Generated from functions/lib/hosts/parameters.ts by scripts/generate.ts: change it there.
# The values of the program: for each its name, its variable, what stands for it where it is not given (-: it must be), and its pattern.
PARAMETERS='Hostname EDGE_HOSTNAME - ^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$
ContainerPort EDGE_CONTAINER_PORT =8501 ^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$
HostPort EDGE_HOST_PORT =8501 ^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$
HealthPath EDGE_HEALTH_PATH =/_stcore/health ^(/|(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+/?)$
Websocket EDGE_WEBSOCKET =/_stcore/stream ^((/|(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+/?))?$'
