#!/bin/sh
# Prints buildkitd's settings: buildkitd.toml with the steps' network (SUBNET, GATEWAY, BRIDGE) and more mirrors of
# Docker Hub (HUB_MIRRORS: http(s) addresses with spaces). An http address needs a table of its own.
set -eu
list='"registry:5000"' plain=''
for url in ${HUB_MIRRORS:-}; do
    host=${url#http*://}; host=${host%/}
    list="$list, \"$host\""
    case "$url" in http://*) plain="$plain ${host%%/*}" ;; esac
done
sed -e "s|@SUBNET@|$SUBNET|" -e "s|@GATEWAY@|$GATEWAY|" -e "s|@BRIDGE@|$BRIDGE|" \
    -e "s|mirrors = \[\"registry:5000\"\]|mirrors = [$list]|" "${0%/*}/buildkitd.toml"
for host in $plain; do
    printf '\n[registry."%s"]\n  http = true\n' "$host"
done
