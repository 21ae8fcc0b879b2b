"""What keeps an app apart from the host and from other apps: the values of the engine's API, each in one place. Pure.

deployer builds its requests from them; engine_proxy, which passes these requests on, checks the requests against them.
"""

from __future__ import annotations

from . import names
from .engine_answers import Network

# What ordinary images need at start (chown a volume, drop to a user, bind port 80); all else is dropped.
CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETUID", "SETGID", "KILL", "NET_BIND_SERVICE"]
NO_NEW_PRIVILEGES = ["no-new-privileges"]
LOGGING = {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}}
MOST_PIDS = 32768

OLDEST_API = (1, 44)         # Engine 25: several networks at create, StartInterval

PEERS = {"caddy", "deployer", "tester"}      # our services that are on every repository's network
REPO_PREFIX = 28      # bits: 13 containers a repository, which holds a live one, a draining one and their company
SHIELD = "continuum-link-local"
LINK_LOCAL = "169.254.0.0/16"
SHIELD_OPTIONS = {"com.docker.network.bridge.enable_icc": "false", "com.docker.network.bridge.inhibit_ipv4": "true"}
MTU = "com.docker.network.driver.mtu"

# The one-off container that reads which ports an app listens on; see listening.py.
PROBE = {"Entrypoint": ["cat"], "Cmd": ["/proc/net/tcp", "/proc/net/tcp6"], "User": "65534",
         "Healthcheck": {"Test": ["NONE"]}}
PROBE_HOST = {"CapDrop": ["ALL"], "ReadonlyRootfs": True, "SecurityOpt": NO_NEW_PRIVILEGES, "Memory": 64 * 1024**2,
              "PidsLimit": 16}

EVENTS = ["start", "die", "oom", "destroy", "health_status"]      # of containers, that the watch hears


def is_peer(labels: dict[str, str], instance: str) -> bool:
    """Is it one of PEERS, by compose's labels? Never a container that deployer made, whose image may claim any label."""
    return (labels.get(names.PROJECT) == instance and labels.get(names.SERVICE) in PEERS
            and names.ROLE not in labels)


def is_shield(network: Network) -> bool:
    """Does a network, as the engine lists it, hide link-local addresses? Whoever made it."""
    subnets = [part.get("Subnet") for part in (network.get("IPAM") or {}).get("Config") or []]
    options = network.get("Options") or {}
    return subnets == [LINK_LOCAL] and network.get("Internal") is True and SHIELD_OPTIONS.items() <= options.items()
