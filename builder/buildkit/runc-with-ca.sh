#!/bin/sh
# Runs runc. Every step of a build first loses the capabilities that no build
# needs, and its port on the bridge is separated from those of other steps. Where
# the host gave a CA bundle, the step gets it as /dev/ca-bundle.crt with the
# variables that make programs read it. /dev is a tmpfs of the step, so no trace
# of it stays in the image. Each step has a limit of processes and of memory;
# watch-step.sh looks at it while it runs.
# Busybox's sh and sed do: the public image has nothing else.
set -eu
ca=${CONTINUUM_CA:-/etc/continuum/ca.crt}
apt=/etc/buildkit/apt-ca.conf
pids=${BUILD_PIDS:-2048}             # processes of one step
cgroups=${CONTINUUM_CGROUPS:-/sys/fs/cgroup}
ports=/sys/class/net/steps/brif      # steps: the bridge of start.sh
runc=$(command -v buildkit-runc || command -v runc)

bundle_of() {  # the value of --bundle or -b among runc's arguments
    while [ $# -gt 0 ]; do
        case "$1" in
            --bundle|-b) echo "$2"; return ;;
            --bundle=*) echo "${1#*=}"; return ;;
        esac
        shift
    done
}

mount_of() {  # SOURCE DESTINATION: one read-only bind mount of an OCI config
    printf '{"destination":"%s","type":"bind","source":"%s","options":["bind","ro"]}' "$2" "$1"
}

variables() {  # env entries; a Dockerfile's own ENV comes after them and wins
    for name in SSL_CERT_FILE CURL_CA_BUNDLE REQUESTS_CA_BUNDLE PIP_CERT NODE_EXTRA_CA_CERTS \
                npm_config_cafile GIT_SSL_CAINFO CARGO_HTTP_CAINFO; do
        printf '"%s=/dev/ca-bundle.crt",' "$name"
    done
    printf '"APT_CONFIG=/dev/ca-apt.conf",'
}

kept() {  # what apt, dpkg, setcap, su and servers in tests need; no NET_RAW, MKNOD, SETPCAP
    for name in AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE SETFCAP SETGID SETUID \
                SYS_CHROOT; do
        printf '%s"CAP_%s"' "${comma:-}" "$name"
        comma=,
    done
}

# BuildKit has no setting for capabilities. A step whose configuration does not
# have the expected form is not run.
limit_capabilities() {
    list=$(kept)
    limited="\"capabilities\":{\"bounding\":[$list],\"effective\":[$list],\"permitted\":[$list]}"
    sed "s|\"capabilities\":{[^}]*}|$limited|" "$1" > "$1.limited"
    grep -qF "$limited" "$1.limited" || {
        echo "the step is not run, because its capabilities could not be limited: $1 has an unknown form" >&2
        exit 1
    }
    mv "$1.limited" "$1"
}

# The CNI plugins make a step's port before runc starts. Isolated ports exchange
# packets with the bridge's own address alone.
isolate_ports() {
    for port in "$ports"/*; do
        echo 1 2> /dev/null > "$port/isolated" || [ ! -e "$port" ] || {      # another step's port may be gone already
            echo "the step is not run, because $port could not be isolated: the kernel must be 4.18 or newer" >&2
            exit 1
        }
    done
}

# A JSON string cannot hold an unescaped quote, so neither pattern can match
# inside what a Dockerfile says; the mounts go after /dev, which would hide them.
give_ca() {
    mounts="$(mount_of "$ca" /dev/ca-bundle.crt),$(mount_of "$apt" /dev/ca-apt.conf)"
    sed -e "s|{\"destination\":\"/dev\",[^}]*}|&,$mounts|" \
        -e "s|\"env\":\[|&$(variables)|" "$1" > "$1.with-ca"
    mv "$1.with-ca" "$1"
}

# A step that takes all processes or all memory of this container would take buildkitd with it. On cgroup v2 a
# controller is there for steps once buildkitd has passed it on (BUILDKIT_SETUP_CGROUPV2_ROOT).
has() { [ -e "$cgroups/$1/cgroup.procs" ] || grep -qsw "$1" "$cgroups/cgroup.subtree_control"; }

memory() {  # bytes of one step: 7/8 of this container's
    whole=$(cat "$cgroups/memory/memory.limit_in_bytes" "$cgroups/memory.max" 2> /dev/null || true)
    case "$whole" in ''|*[!0-9]*) return ;; esac
    echo "$((whole / 8 * 7))"
}

limit_resources() {
    limits=
    if has pids; then limits="\"pids\":{\"limit\":$pids},"; fi
    if has memory && most=$(memory) && [ -n "$most" ]; then limits="$limits\"memory\":{\"limit\":$most},"; fi
    sed "s|\"resources\":{\"devices\":|\"resources\":{$limits\"devices\":|" "$1" > "$1.bounded"
    grep -qF "\"resources\":{$limits\"devices\":" "$1.bounded" || {
        echo "the step is not run, because its processes and memory could not be limited: $1 has an unknown form" >&2
        exit 1
    }
    mv "$1.bounded" "$1"
}

bundle=$(bundle_of "$@")
if [ -n "$bundle" ]; then
    limit_capabilities "$bundle/config.json"
    limit_resources "$bundle/config.json"
    isolate_ports
    if [ -s "$ca" ]; then
        give_ca "$bundle/config.json"
    fi
    for id in "$@"; do :; done      # the last one
    "${0%/*}/watch-step.sh" "$bundle" "$id" $$ > /dev/null 2>&1 < /dev/null &
fi
exec "$runc" "$@"
