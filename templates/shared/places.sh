# shellcheck shell=bash
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
# Is there when the kernel has IPv6.
IF_INET6=${EDGE_IF_INET6-/proc/net/if_inet6}
# The kernel's network interfaces.
NET_DIR=${EDGE_NET_DIR-/sys/class/net}
# Docker's own folder, unless its daemon was told another one.
DOCKER_DIR=/var/lib/docker
UNIT_DIR=${EDGE_UNIT_DIR-/etc/systemd/system}
# Where bash keeps what it passes to a program by a here-string: in memory, since it may be a secret, and the disk full.
TMPDIR=$RUN_DIR
# Below it lie the packaged pages of nginx.
ROOT_DIR=${EDGE_ROOT_DIR-}
# Seconds. A run that waits for its lock waits for one that may be installing packages and pulling an image.
LOCK_WAIT=${EDGE_LOCK_WAIT-600}
CLOUD_INIT_WAIT=${EDGE_CLOUD_INIT_WAIT-300}
PACKAGE_WAIT=${EDGE_PACKAGE_WAIT-300}
PACKAGE_PAUSE=${EDGE_PACKAGE_PAUSE-10}
DOCKER_WAIT=${EDGE_DOCKER_WAIT-60}
# A change of a container: the image of a large app is unpacked from a slow disk.
ACT_WAIT=${EDGE_ACT_WAIT-120}
PULL_WAIT=${EDGE_PULL_WAIT-900}
SWITCH_WAIT=${EDGE_SWITCH_WAIT-10}
# Milliseconds. Whoever asks while an old worker is waited for before a replace is held for so long more.
DRAIN_WAIT=${EDGE_DRAIN_WAIT-5000}
HOLD_DRAIN_WAIT=${EDGE_HOLD_DRAIN_WAIT-300}

SITE_STATE=$STATE_DIR/${EDGE_HOSTNAME-}
SITE_FILE=$NGINX_DIR/conf.d/ragstream-edge-${EDGE_HOSTNAME-}.conf
DEFAULT_FILE=$NGINX_DIR/conf.d/ragstream-edge.conf
LIMITS_FILE=$NGINX_DIR/conf.d/ragstream-edge.limits.conf
CANDIDATE=$SITE_STATE/nginx.candidate
DEFAULT_CANDIDATE=$SITE_STATE/default.candidate
LIMITS_CANDIDATE=$SITE_STATE/limits.candidate
# While this file is there, the nginx file in place is not proved: this is what to go back to (empty: to none).
PREVIOUS_FILE=$SITE_STATE/nginx.previous
# While it is there, all is proved, and what would lead back is on its way out.
PROVED=$SITE_STATE/proved
# While it is there, Docker is ending a container: `stop <id>` or `rm <id>`. No longer after a boot.
ENDING=$RUN_DIR/ragstream-edge-ending.${EDGE_HOSTNAME-}
ENV_FILE=$SITE_STATE/env
VOLUMES_FILE=$SITE_STATE/volumes
# What was there before us and is kept. A hostname has a dot, so no site's folder can bear the second name.
SITE_ASIDE=$SITE_STATE/aside
DEFAULT_ASIDE=$STATE_DIR/default
# What pulls brought: lines `<id> <name>`.
PULLED=$STATE_DIR/pulled
# A hostname has no underscore, so no other site's container can bear the other names.
CONTAINER=ragstream-edge-${EDGE_HOSTNAME-}
PREVIOUS_CONTAINER=${CONTAINER}_previous
CANDIDATE_CONTAINER=${CONTAINER}_candidate
ADOPTED_CONTAINER=${CONTAINER}_adopted
SITE_LABEL=ragstream-edge.site
HASH_LABEL=ragstream-edge.hash
# Docker's networks; see network.sh. The site's own is named as its container; with metadata: true it is another one.
NETWORK=
SHARED_NETWORK=ragstream-edge
OPEN_NETWORK=${CONTAINER}_metadata
# The site's lines of rules; see guard.sh.
GUARD=$SITE_STATE/guard
# Of their bridge there is a second one, and so on, where Docker does not let go of the first; + stands for any end of a name.
BRIDGE=rsedge
METADATA_UNIT=$UNIT_DIR/ragstream-edge-metadata.service
METADATA_RULE=(PREROUTING -i "$BRIDGE+" -d 169.254.169.254 -j DROP)
CHECK=false
CHECK_FOLDER=
