# Generated from functions/lib/hosts/parameters.ts by scripts/generate.ts: change it there.
# The values of the program: for each its name, its variable, what stands for it where it is not given (-: it must be), and its pattern.
PARAMETERS='Hostnames EDGE_HOSTNAMES - ^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+(,[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+)*$'
