"""Which addresses are of the internet, which lead to this machine or its neighbours (attack S39), and which are one's."""

from __future__ import annotations

import ipaddress

NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_outside(text: str) -> bool:
    """Is it an address of the internet, also where one is wrapped in another?"""
    address = _unwrapped(ipaddress.ip_address(text.partition("%")[0]))
    return address.is_global and not address.is_multicast


def is_private(host: str) -> bool:
    """Can nobody on the internet reach `host`: this machine, a private network, a name without a dot?"""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".internal", ".lan", ".home.arpa"))


def network(text: str) -> str:
    """What limits count as one address: of IPv6 the /64, since whoever has one of its addresses has all. Text that is
    no address stays as it is."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    return text if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))


def _unwrapped(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
