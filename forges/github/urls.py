"""Where a GitHub is: its pages, and its API."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from common.wire.errors import BadRequest

from .settings import GitHubSettings

PUBLIC = "https://github.com"
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Urls:
    """`web`, `api`: without a slash at the end."""

    web: str
    api: str

    @classmethod
    def of(cls, settings: GitHubSettings) -> Urls:
        """From GITHUB_URL and GITHUB_API_URL; raises BadRequest where one is no address."""
        web = _base("GITHUB_URL", settings.github_url or PUBLIC)
        return cls(web, _base("GITHUB_API_URL", settings.github_api_url or _usual_api(web)))

    def page(self, owner: str, name: str) -> str:
        return f"{self.web}/{quote(owner)}/{quote(name)}"

    def in_api(self, url: str) -> bool:
        """Does it lead to the API itself, and to no other host, port or path?"""
        return _origin(url) == _origin(self.api) and urlsplit(url).path.startswith(f"{urlsplit(self.api).path}/")

    @property
    def host(self) -> str:
        """For sentences."""
        return urlsplit(self.web).hostname or self.web

    @property
    def warning(self) -> str | None:
        """For owners, if tokens cross the network readable."""
        if self.readable is None:
            return None
        name = "GITHUB_URL" if self.readable == self.web else "GITHUB_API_URL"
        return (f"{name} is plain http ({self.readable}): tokens, code and secrets cross the network readable and "
                "changeable by whoever is on the way. Give that GitHub a certificate and write https:// into .env "
                "(CA_BUNDLE names the file of an authority of your own)")

    @property
    def readable(self) -> str | None:
        """The one of them that is plain http and not on this very machine: tokens cross the network readable."""
        return next((url for url in (self.web, self.api) if url.startswith("http://") and not _loopback(url)), None)

    @property
    def public(self) -> bool:
        """GitHub's own service, which no private address can be."""
        host = urlsplit(self.web).hostname or ""
        return host == "github.com" or host.endswith((".github.com", ".ghe.com"))


def _loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _usual_api(web: str) -> str:
    """Of github.com, of an Enterprise Cloud with its own domain, of an Enterprise Server."""
    parts = urlsplit(web)
    if parts.hostname == "github.com":
        return "https://api.github.com"
    if (parts.hostname or "").endswith(".ghe.com"):
        return f"https://api.{parts.hostname}"
    return f"{web}/api/v3"


def _base(setting: str, url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise BadRequest(f"{setting} must be an address like {PUBLIC}, with nothing of a user, a query or a fragment")
    return url.rstrip("/")


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
