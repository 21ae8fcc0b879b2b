#!/bin/sh
# Starts buildkitd, once its steps can reach the internet and nothing of ours. Each step has a network namespace on the
# bridge `steps`; the rules for what comes from that bridge stand in this container's namespace, where no step can change
# them. They are in the table mangle, which packets pass before the rules that the CNI plugins add.
set -eu
bridge=steps
subnet=${BUILD_SUBNET:-10.200.0.0/24}
gateway=${subnet%.0/*}.1

refuse() { echo "buildkit does not start, because its build steps would not be isolated: $1" >&2; exit 1; }

for tool in iptables ip buildkit-cni-bridge buildkit-cni-firewall buildkit-cni-host-local buildkit-cni-loopback; do
    command -v "$tool" > /dev/null || refuse "the image lacks $tool; set BUILDKIT_IMAGE to moby/buildkit v0.34 or newer"
done
case "${BUILD_DISK:-20g}" in
    ''|*[!0-9]*[gm]|*[!gm]|[gm]) refuse "BUILD_DISK is $BUILD_DISK; set it to a size such as 20g or 500m" ;;
esac
case "${BUILD_PIDS:-2048}" in
    *[!0-9]*|?|??|?????*) pids=0 ;;
    *) pids=${BUILD_PIDS:-2048} ;;
esac
# Four steps run at a time (buildkitd.toml), and all of them must leave buildkitd some of this container's processes.
[ "$pids" -ge 100 ] && [ "$pids" -le 4000 ] || refuse "BUILD_PIDS is $BUILD_PIDS; set it to a number from 100 to 4000"
case "$subnet" in
    *.0/1[6-9]|*.0/2[0-4]) ;;
    *) refuse "BUILD_SUBNET is $subnet; set it to a range such as 10.200.0.0/24" ;;
esac

rule() { iptables -w "$@" || refuse "iptables $* failed; load the kernel's iptables modules"; }

# PROTOCOL: the port at which Docker's DNS server listens on 127.0.0.11
dns_port() {
    hex=$(sed -n 's/^ *[0-9]*: 0B00007F:\([0-9A-F]*\) .*/\1/p' "/proc/net/$1" | head -n 1)
    [ -n "$hex" ] || refuse "Docker's DNS server does not listen on 127.0.0.11; put buildkit on a network of its own"
    echo "$((0x$hex))"
}

# Docker's DNS server serves steps at the bridge's address: it works for every DNS set-up that the engine copes with.
forward_dns() {
    for protocol in udp tcp; do
        port=$(dns_port "$protocol")
        rule -t mangle -A STEPS -d "$gateway" -p "$protocol" --dport 53 -j RETURN
        rule -t nat -A STEPS-DNS -d "$gateway" -p "$protocol" --dport 53 -j DNAT --to-destination "127.0.0.11:$port"
    done
}

# Our containers and the host stand on the networks that this container is on; apps and steps on the other two ranges.
block() {
    own=$(ip -4 route show | sed -n 's|^\([0-9.]*/[0-9]*\) dev .*|\1|p')      # no filter: busybox's ip has not all of them
    [ -n "$own" ] || refuse "ip lists no network of this container; give buildkit a network"
    rule -t mangle -A STEPS -m addrtype --dst-type LOCAL -j DROP
    for range in 127.0.0.0/8 169.254.0.0/16 224.0.0.0/4 "$subnet" "${APPS_SUBNET_POOL:-10.201.0.0/16}" $own; do
        rule -t mangle -A STEPS -d "$range" -j DROP
    done
}

# A container that is restarted keeps no rules, but one whose process is replaced does: begin from an empty chain.
chain() {
    iptables -w -t "$1" -N "$2" 2> /dev/null || rule -t "$1" -F "$2"
    iptables -w -t "$1" -C PREROUTING -i "$bridge" -j "$2" 2> /dev/null ||
        rule -t "$1" -A PREROUTING -i "$bridge" -j "$2"
}

chain mangle STEPS
chain nat STEPS-DNS
forward_dns
block
# New interfaces get no IPv6, so the bridge has none; they may pass packets on to Docker's DNS server on 127.0.0.11.
if [ -e /proc/sys/net/ipv6/conf/default/disable_ipv6 ]; then
    echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
fi
echo 1 > /proc/sys/net/ipv4/conf/default/route_localnet
rm -rf /var/lib/cni/networks/buildkit      # addresses of steps that a killed buildkitd left behind

# `ADD http://…` is fetched by buildkitd itself: a cloud's metadata service (169.254.169.254) hands the machine's
# credentials to whoever asks. Where the machine's only DNS server has such an address (Google's cloud), buildkitd
# would resolve no name, so there it stays open for `ADD`.
if grep -qs '^# ExtServers:.*169\.254\.' /etc/resolv.conf; then
    echo "the DNS server of this machine has a link-local address: ADD in a Dockerfile can reach its metadata service" >&2
else
    ip route replace unreachable 169.254.0.0/16
fi

SUBNET=$subnet GATEWAY=$gateway BRIDGE=$bridge "${0%/*}/settings.sh" > /run/buildkitd.toml
exec buildkitd --config /run/buildkitd.toml "$@"
