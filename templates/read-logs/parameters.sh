# Generated from functions/lib/hosts/parameters.ts by scripts/generate.ts: change it there.
# The values of the program: for each its name, its variable, what stands for it where it is not given (-: it must be), and its pattern.
PARAMETERS='Hostname EDGE_HOSTNAME - ^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$
Env EDGE_ENV = ^([A-Za-z0-9+/]+={0,2})?$
LogSource EDGE_LOG_SOURCE =app ^(app|nginx|service)$
LogSince EDGE_LOG_SINCE = ^([0-9@][0-9A-Za-z:.+-]{0,63})?$
LogLines EDGE_LOG_LINES =100 ^[1-9][0-9]{0,3}$'
