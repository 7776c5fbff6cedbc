# shellcheck shell=bash
# Generated from functions/lib/hosts/parameters.ts by scripts/generate.ts: change it there.
# What the program takes: what stands for a value that is not given, and for each its name, its variable and its pattern, which the
# host checks once more.

PARAMETERS='Hostname EDGE_HOSTNAME ^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$'
