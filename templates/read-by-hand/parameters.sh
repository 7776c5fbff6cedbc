# Generated from functions/lib/hosts/parameters.ts by scripts/generate.ts: change it there.
# The values of the program: for each its name, its variable, what stands for it where it is not given (-: it must be), and its pattern.
PARAMETERS='Hostname EDGE_HOSTNAME - ^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$
ClientMaxBodySize EDGE_CLIENT_MAX_BODY_SIZE =201m ^[1-9][0-9]{0,5}[kmg]$
ReadTimeout EDGE_READ_TIMEOUT =1h ^[1-9][0-9]{0,4}[smhd]$'
