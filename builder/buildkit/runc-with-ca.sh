#!/bin/sh
# Runs runc. Every step of a build first loses the capabilities that no build
# needs, and its port on the bridge is separated from those of other steps. Where
# the host gave a CA bundle, the step gets it as /dev/ca-bundle.crt with the
# variables that make programs read it. /dev is a tmpfs of the step, so no trace
# of it stays in the image. A step that writes more than BUILD_DISK is ended.
# Busybox's sh, sed and du do: the public image has nothing else.
set -eu
ca=${CONTINUUM_CA:-/etc/continuum/ca.crt}
apt=/etc/buildkit/apt-ca.conf
disk=${BUILD_DISK:-20g}               # what one step may write
look=${CONTINUUM_DISK_LOOK:-5}        # seconds between looks at it
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

kib() {  # SIZE such as 20g or 500m
    case "$1" in
        *g) echo "$((${1%g} * 1048576))" ;;
        *m) echo "$((${1%m} * 1024))" ;;
    esac
}

written() {  # BUNDLE: KiB in the step's own layer and in its cache mounts
    total=0
    for folder in $(sed -n "s|.* $1/rootfs .*upperdir=\([^,]*\),.*|\1|p" /proc/self/mountinfo) \
                  $(sed 's|},{|\n|g' "$1/config.json" | sed -n '/"rw"/s|.*"type":"bind","source":"\([^"]*/snapshots/[^"]*\)".*|\1|p'); do
        found=$(du -sk "$folder" 2> /dev/null || true)
        total=$((total + ${found%%[!0-9]*} + 0))
    done
    echo "$total"
}

# BUNDLE ID: ends the step once it wrote too much. Runs beside runc, which takes this shell's place, and holds
# none of its pipes, so the step's end waits for nobody. A look that takes long is followed by a longer pause.
watch_disk() {
    pause=$look
    while sleep "$pause" && kill -0 $$ 2> /dev/null; do
        began=$(date +%s)
        if [ "$(written "$1")" -gt "$most" ]; then
            echo "continuum: this step wrote more than $disk and was ended; an owner can change BUILD_DISK" > "/proc/$$/fd/2"
            exec "$runc" kill "$2" KILL
        fi
        pause=$((look + 10 * ($(date +%s) - began)))
    done
}

most=$(kib "$disk")
bundle=$(bundle_of "$@")
if [ -n "$bundle" ]; then
    limit_capabilities "$bundle/config.json"
    isolate_ports
    if [ -s "$ca" ]; then
        give_ca "$bundle/config.json"
    fi
    for id in "$@"; do :; done      # the last one
    # `exec` first: a shell keeps a copy of the pipes where it redirects a function, and the step would never end.
    (exec > /dev/null 2>&1 < /dev/null; watch_disk "$bundle" "$id") &
fi
exec "$runc" "$@"
