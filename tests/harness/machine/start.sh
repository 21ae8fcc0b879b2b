#!/bin/sh
# The first process of a machine without systemd. With cgroup v2 no group may hold processes and limit children at once:
# they move into a group of their own, so that the machine's engine can limit its containers.
set -eu
groups=/sys/fs/cgroup
if [ -f "$groups/cgroup.controllers" ]; then
    mkdir -p "$groups/machine"
    xargs -rn1 < "$groups/cgroup.procs" > "$groups/machine/cgroup.procs"
    sed -e 's/ / +/g' -e 's/^/+/' "$groups/cgroup.controllers" > "$groups/cgroup.subtree_control"
fi
exec sleep infinity
