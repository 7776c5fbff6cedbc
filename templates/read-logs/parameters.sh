# shellcheck shell=bash
# Generated from functions/lib/hosts/parameters.ts by scripts/generate.ts: change it there.
# What the program takes: what stands for a value that is not given, and for each its name, its variable and its pattern, which the
# host checks once more.
: "${EDGE_ENV=}"
: "${EDGE_LOG_SOURCE=app}"
: "${EDGE_LOG_SINCE=}"
: "${EDGE_LOG_LINES=100}"
PARAMETERS='Hostname EDGE_HOSTNAME ^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$
Env EDGE_ENV ^([A-Za-z0-9+/]+={0,2})?$
LogSource EDGE_LOG_SOURCE ^(app|nginx|service)$
LogSince EDGE_LOG_SINCE ^([0-9@][0-9A-Za-z:.+-]{0,63})?$
LogLines EDGE_LOG_LINES ^[1-9][0-9]{0,3}$'
