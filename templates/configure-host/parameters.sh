# shellcheck shell=bash
# Generated from functions/lib/hosts/parameters.ts by scripts/generate.ts: change it there.
# What the program takes: what stands for a value that is not given, and for each its name, its variable and its pattern, which the
# host checks once more.
: "${EDGE_ALIASES=}"
: "${EDGE_PULL=auto}"
: "${EDGE_CONTAINER_PORT=8501}"
: "${EDGE_HOST_PORT=8501}"
: "${EDGE_CLIENT_MAX_BODY_SIZE=201m}"
: "${EDGE_READ_TIMEOUT=1h}"
: "${EDGE_CONNECTIONS_PER_ADDRESS=256}"
: "${EDGE_CONNECTIONS=}"
: "${EDGE_UPLOADS=10}"
: "${EDGE_HEALTH_PATH=/_stcore/health}"
: "${EDGE_HEALTH_BODY=b2s=}"
: "${EDGE_START_TIMEOUT=60}"
: "${EDGE_MEMORY=}"
: "${EDGE_READ_ONLY_ROOT=false}"
: "${EDGE_METADATA=false}"
: "${EDGE_PIDS=4096}"
: "${EDGE_TMP_SIZE=1g}"
: "${EDGE_HOST_PORTS=}"
: "${EDGE_ROLLOUT=overlap}"
: "${EDGE_ADOPT=false}"
: "${EDGE_SECRETS_PATH=}"
: "${EDGE_TLS_PATH=}"
: "${EDGE_HSTS=false}"
: "${EDGE_NETWORKS=}"
: "${EDGE_PASSWORDS_PATH=}"
: "${EDGE_GUESSES=5}"
: "${EDGE_ENV=}"
: "${EDGE_VOLUMES=}"
: "${EDGE_SITE_HASH=00000000}"
: "${EDGE_SENT_AT=0}"
PARAMETERS='Hostname EDGE_HOSTNAME ^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$
Aliases EDGE_ALIASES ^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?([.,][a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+)?$
Image EDGE_IMAGE ^[a-z0-9][a-z0-9._-]*(:[0-9]{1,5})?(/[a-z0-9._-]+)*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?$
Pull EDGE_PULL ^(auto|never|always)$
ContainerPort EDGE_CONTAINER_PORT ^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$
HostPort EDGE_HOST_PORT ^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$
ClientMaxBodySize EDGE_CLIENT_MAX_BODY_SIZE ^[1-9][0-9]{0,5}[kmg]$
ReadTimeout EDGE_READ_TIMEOUT ^[1-9][0-9]{0,4}[smhd]$
ConnectionsPerAddress EDGE_CONNECTIONS_PER_ADDRESS ^[1-9][0-9]{0,3}$
Connections EDGE_CONNECTIONS ^([1-9][0-9]{0,3})?$
Uploads EDGE_UPLOADS ^[1-9][0-9]{0,3}$
HealthPath EDGE_HEALTH_PATH ^(/|(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+/?)$
HealthBody EDGE_HEALTH_BODY ^([A-Za-z0-9+/]+={0,2})?$
StartTimeout EDGE_START_TIMEOUT ^[1-9][0-9]{0,2}$
Memory EDGE_MEMORY ^([1-9][0-9]{0,6}[mg])?$
ReadOnlyRoot EDGE_READ_ONLY_ROOT ^(true|false)$
Metadata EDGE_METADATA ^(true|false)$
Pids EDGE_PIDS ^[1-9][0-9]{0,6}$
TmpSize EDGE_TMP_SIZE ^[1-9][0-9]{0,6}[mg]$
HostPorts EDGE_HOST_PORTS ^([0-9]{1,5}(,[0-9]{1,5}){0,14})?$
Rollout EDGE_ROLLOUT ^(overlap|replace)$
Adopt EDGE_ADOPT ^(true|false)$
SecretsPath EDGE_SECRETS_PATH ^(/[A-Za-z0-9_.-]+)*$
TlsPath EDGE_TLS_PATH ^((/[A-Za-z0-9_.-]+)+/[0-9a-f]{32})?$
Hsts EDGE_HSTS ^(true|false)$
Networks EDGE_NETWORKS ^([0-9a-f.:]+(/[0-9]{1,3})?(,[0-9a-f.:]+(/[0-9]{1,3})?)*)?$
PasswordsPath EDGE_PASSWORDS_PATH ^(/[A-Za-z0-9_.-]+)*$
Guesses EDGE_GUESSES ^([1-9][0-9]{0,3})?$
Env EDGE_ENV ^([A-Za-z0-9+/]+={0,2})?$
Volumes EDGE_VOLUMES ^([A-Za-z0-9+/]+={0,2})?$
SiteHash EDGE_SITE_HASH ^[0-9a-f]{8,64}$
SentAt EDGE_SENT_AT ^[0-9]{1,15}$'
