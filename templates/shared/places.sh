# A person who became root by `su` has no sbin on the PATH, where nginx, dockerd and iptables are.
SBIN=${EDGE_SBIN-/usr/sbin}
export PATH=$PATH:$SBIN
# Places on the host; a test redirects each by environment.
NGINX_DIR=${EDGE_NGINX_DIR-/etc/nginx}
STATE_DIR=${EDGE_STATE_DIR-/var/lib/ragstream-edge}
RUN_DIR=${EDGE_RUN_DIR-/run}
LOG=${EDGE_LOG-/var/log/ragstream-edge.log}
OS_RELEASE=${EDGE_OS_RELEASE-/etc/os-release}
MEMINFO=${EDGE_MEMINFO-/proc/meminfo}
# Exists if the kernel has IPv6.
IF_INET6=${EDGE_IF_INET6-/proc/net/if_inet6}
# The kernel's network interfaces.
NET_DIR=${EDGE_NET_DIR-/sys/class/net}
# Docker's own folder, unless its daemon was told another one.
DOCKER_DIR=/var/lib/docker
UNIT_DIR=${EDGE_UNIT_DIR-/etc/systemd/system}
# Where bash keeps the text of a here-string: in memory, because it can be a secret, and the disk can be full.
TMPDIR=$RUN_DIR
# The packaged pages of nginx are below it.
ROOT_DIR=${EDGE_ROOT_DIR-}
# Seconds. The run that holds the lock can be installing packages and pulling an image.
LOCK_WAIT=${EDGE_LOCK_WAIT-600}
CLOUD_INIT_WAIT=${EDGE_CLOUD_INIT_WAIT-300}
PACKAGE_WAIT=${EDGE_PACKAGE_WAIT-300}
PACKAGE_PAUSE=${EDGE_PACKAGE_PAUSE-10}
DOCKER_WAIT=${EDGE_DOCKER_WAIT-60}
# For a change of a container: Docker may unpack a large image from a slow disk.
ACT_WAIT=${EDGE_ACT_WAIT-120}
PULL_WAIT=${EDGE_PULL_WAIT-900}
SWITCH_WAIT=${EDGE_SWITCH_WAIT-10}
# Milliseconds. Before a replace, a visitor is held for as long as the run waits for old workers.
DRAIN_WAIT=${EDGE_DRAIN_WAIT-5000}
HOLD_DRAIN_WAIT=${EDGE_HOLD_DRAIN_WAIT-300}

SITE_STATE=$STATE_DIR/${EDGE_HOSTNAME-}
SITE_FILE=$NGINX_DIR/conf.d/ragstream-edge-${EDGE_HOSTNAME-}.conf
# If nginx reads a foreign block first and so uses it for unknown names, our file must be the last of the folder.
for LAST_FILE in "$NGINX_DIR"/{conf.d,sites-enabled}/"~${SITE_FILE##*/}"; do
  if [ -e "$LAST_FILE" ]; then SITE_FILE=$LAST_FILE; fi
done
DEFAULT_FILE=$NGINX_DIR/conf.d/ragstream-edge.conf
LIMITS_FILE=$NGINX_DIR/conf.d/ragstream-edge.limits.conf
# nginx's, of all sites of the host; rotated with its others.
USE_LOG=${EDGE_NGINX_LOGS-/var/log/nginx}/ragstream-edge.use.log
CANDIDATE=$SITE_STATE/nginx.candidate
DEFAULT_CANDIDATE=$SITE_STATE/default.candidate
LIMITS_CANDIDATE=$SITE_STATE/limits.candidate
# While this file exists, the new nginx file is not proved. It holds the old file to return to (empty: none).
PREVIOUS_FILE=$SITE_STATE/nginx.previous
# While it exists, the new state is proved, and the old one is being deleted.
PROVED=$SITE_STATE/proved
# While it exists, Docker is ending a container: `stop <id>` or `rm <id>`. A boot deletes it.
ENDING=$RUN_DIR/ragstream-edge-ending.${EDGE_HOSTNAME-}
ENV_FILE=$SITE_STATE/env
VOLUMES_FILE=$SITE_STATE/volumes
# Keeps what was there before us. A hostname has a dot, so no site's folder can have the second name.
SITE_ASIDE=$SITE_STATE/aside
DEFAULT_ASIDE=$STATE_DIR/default
# The images that runs pulled: lines `<id> <name>`.
PULLED=$STATE_DIR/pulled
# A hostname has no underscore, so no other site's container can have these names.
CONTAINER=ragstream-edge-${EDGE_HOSTNAME-}
PREVIOUS_CONTAINER=${CONTAINER}_previous
CANDIDATE_CONTAINER=${CONTAINER}_candidate
ADOPTED_CONTAINER=${CONTAINER}_adopted
SITE_LABEL=ragstream-edge.site
HASH_LABEL=ragstream-edge.hash
# Docker's networks; see network.sh. The site's network has the name of its container. With metadata: true it is another network.
NETWORK=
SHARED_NETWORK=ragstream-edge
OPEN_NETWORK=${CONTAINER}_metadata
# The site's lines of rules; see guard.sh.
GUARD=$SITE_STATE/guard
# If Docker keeps a bridge, the network gets a second one, and so on. A + stands for any end of a name.
BRIDGE=rsedge
METADATA_UNIT=$UNIT_DIR/ragstream-edge-metadata.service
METADATA_RULE=(PREROUTING -i "$BRIDGE+" -d 169.254.169.254 -j DROP)
CHECK=false
CHECK_FOLDER=
