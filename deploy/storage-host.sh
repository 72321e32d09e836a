#!/bin/sh
# Runs tgtd beside the volume worker of a storage host.
set -eu
mkdir -p /var/lib/scoria/volumes/file
tgtd --foreground &
exec node --import tsx --enable-source-maps workers/main.ts "$@"
