#!/bin/sh
# Starts buildkitd. Its steps share its network namespace, so first the link-local addresses are led nowhere in it:
# a cloud's metadata service (169.254.169.254) hands the machine's credentials to whoever asks. A step lacks the
# capability to change a route. Where the machine's only DNS server has such an address (Google's cloud), builds
# would resolve no name, so there it stays open, and is said.
set -eu
here=$(dirname "$0")
generated=${CONTINUUM_RUN:-/run}/buildkitd.toml

# Prints the settings with more mirrors of Docker Hub, which HUB_MIRRORS holds as http(s) addresses with spaces.
with_mirrors() {
    list='"registry:5000"' tables=''
    for url in $HUB_MIRRORS; do
        host=${url#http*://}; host=${host%/}
        list="$list, \"$host\""
        case "$url" in http://*) tables="$tables\n[registry.\"${host%%/*}\"]\n  http = true\n" ;; esac
    done
    sed "s|mirrors = \[\"registry:5000\"\]|mirrors = [$list]|" "$here/buildkitd.toml"
    printf "$tables"
}

if [ -n "${HUB_MIRRORS:-}" ]; then
    with_mirrors > "$generated"
    set -- "$@" --config "$generated"        # the last one counts
fi
if grep -qs '^# ExtServers:.*169\.254\.' /etc/resolv.conf; then
    echo "the DNS server of this machine has a link-local address: builds can reach its metadata service" >&2
else
    ip route replace unreachable 169.254.0.0/16
fi
exec buildkitd "$@"
