#!/bin/sh
# BUNDLE ID PID: looks at one step of a build until its runc (PID) is over, and ends the step
#   - once the steps of its build together wrote more than BUILD_DISK; what one wrote stays in `sizes` for the next ones
#   - once it was refused a new process (BUILD_PIDS) in two seconds in a row: a fork bomb tries for ever
# What it says is part of the step's output. It holds none of runc's pipes, so the step's end waits for nobody.
# Busybox's sh, sed and du do: the public image has nothing else.
set -eu
bundle=$1 id=$2 pid=$3
disk=${BUILD_DISK:-20g}
pids=${BUILD_PIDS:-2048}
look=${CONTINUUM_DISK_LOOK:-5}        # seconds between looks at the disk
cgroups=${CONTINUUM_CGROUPS:-/sys/fs/cgroup}
runc=$(command -v buildkit-runc || command -v runc)
# BuildKit gives all steps of one build the same trace, after whatever variables the Dockerfile sets
build=$(sed -n 's|.*"TRACEPARENT=00-\([0-9a-f]*\)-.*|\1|p' "$bundle/config.json")
builds=${CONTINUUM_BUILDS:-/run/continuum-builds}
sizes=$builds/${build:-$id}
mkdir -p "$sizes"
find "$builds" -mindepth 1 -maxdepth 1 -mmin +1440 -exec rm -rf {} +

kib() {  # SIZE such as 20g or 500m
    case "$1" in
        *g) echo "$((${1%g} * 1048576))" ;;
        *m) echo "$((${1%m} * 1024))" ;;
    esac
}

folders() {  # the step's own layer and its cache mounts; each is a snapshot with a number
    sed -n "s|.* $bundle/rootfs .*upperdir=\([^,]*\),.*|\1|p" /proc/self/mountinfo
    sed 's|},{|\n|g' "$bundle/config.json" | sed -n '/"rw"/s|.*"type":"bind","source":"\([^"]*/snapshots/[^"]*\)".*|\1|p'
}

measure() {  # a cache mount that several steps use counts once
    for folder in $written; do
        found=$(du -sk "$folder" 2> /dev/null || true)
        echo "$((${found%%[!0-9]*} + 0))" > "$sizes/$(echo "$folder" | tr / _)"
    done
}

total() {  # KiB
    sum=0
    for size in $(cat "$sizes"/*); do sum=$((sum + size)); done
    echo "$sum"
}

refused() {  # how often the step was refused a process
    found=$(sed -n 's/^max //p' "$cgroups/pids$cgroup/pids.events" "$cgroups$cgroup/pids.events" 2> /dev/null || true)
    echo "${found:-0}"
}

end() {  # WHY
    echo "continuum: $1" > "/proc/$pid/fd/2"
    exec "$runc" kill "$id" KILL
}

look_at_disk() {  # a look that takes long is followed by a longer pause
    began=$(date +%s)
    measure
    if [ "$(total)" -gt "$most" ]; then
        end "the steps of this build wrote more than $disk and were ended: let them write less, or ask an owner to raise BUILD_DISK"
    fi
    next=$((began + look + 11 * ($(date +%s) - began)))
}

look_at_processes() {
    now=$(refused)
    if [ "$now" -gt "$before" ]; then in_a_row=$((in_a_row + 1)); else in_a_row=0; fi
    before=$now
    if [ "$in_a_row" -ge 2 ]; then
        end "this step reached its limit of $pids processes and was ended: start fewer at a time, or ask an owner to raise BUILD_PIDS"
    fi
}

most=$(kib "$disk") written=$(folders) before=0 in_a_row=0 next=0
cgroup=$(sed -n 's|.*"cgroupsPath":"\([^"]*\)".*|\1|p' "$bundle/config.json")
while kill -0 "$pid" 2> /dev/null; do
    if [ "$(date +%s)" -ge "$next" ]; then look_at_disk; fi
    look_at_processes
    sleep 1
done
measure
