#!/bin/sh
# Runs runc; where the host gave a CA bundle, every step of a build first gets it
# as /dev/ca-bundle.crt with the variables that make programs read it. /dev is a
# tmpfs of the step, so no trace of it stays in the image. Busybox's sh and sed
# do: the public image has nothing else.
set -eu
ca=${CONTINUUM_CA:-/etc/continuum/ca.crt}
apt=/etc/buildkit/apt-ca.conf
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

# A JSON string cannot hold an unescaped quote, so neither pattern can match
# inside what a Dockerfile says; the mounts go after /dev, which would hide them.
give_ca() {
    mounts="$(mount_of "$ca" /dev/ca-bundle.crt),$(mount_of "$apt" /dev/ca-apt.conf)"
    sed -e "s|{\"destination\":\"/dev\",[^}]*}|&,$mounts|" \
        -e "s|\"env\":\[|&$(variables)|" "$1" > "$1.with-ca"
    mv "$1.with-ca" "$1"
}

bundle=$(bundle_of "$@")
if [ -s "$ca" ] && [ -n "$bundle" ] && [ -f "$bundle/config.json" ]; then
    give_ca "$bundle/config.json"
fi
exec "$runc" "$@"
