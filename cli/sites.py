"""The hosts of the dashboard and of the apps, and whether browsers let them share cookies. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

# Second-level labels under which a country's registry sells domains: example.co.uk is one, co.uk is none.
REGISTRIES = {"ac", "co", "com", "edu", "gov", "gob", "go", "ne", "net", "or", "org"}


def dashboard_host(values: Mapping[str, str]) -> str:
    """The host name of PUBLIC_URL, in lower case; `localhost` where it is empty or has none."""
    return urlsplit(values["PUBLIC_URL"]).hostname or "localhost"


def shared(values: Mapping[str, str]) -> str | None:
    """A warning where the dashboard and the apps share a registrable domain, else None.

    `localhost` is not registrable: browsers let no page set a cookie for it and all its subdomains.
    """
    host, apps = dashboard_host(values), values["APPS_DOMAIN"].lower().strip(".")
    domain = registrable(host)
    if domain is None or domain != registrable(apps):
        return None
    return (f"the dashboard ({host}) and the apps (*.{apps}) share the domain {domain}, so that an app can set cookies "
            f"that the dashboard receives. Set APPS_DOMAIN or PUBLIC_URL in .env to a host under another domain, then "
            f"run ./continuum up")


def registrable(host: str) -> str | None:
    """The part of `host` that somebody registers: `a.example.com` -> `example.com`; None for IPs and single labels."""
    labels = host.rstrip(".").split(".")
    if len(labels) < 2 or _is_ip(host):
        return None
    suffix = 2 if len(labels[-1]) == 2 and labels[-2] in REGISTRIES else 1
    return ".".join(labels[-suffix - 1:]) if len(labels) > suffix else None


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
