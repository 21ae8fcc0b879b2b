"""Caddy serves our own names alone, and believes the proxies alone that .env names."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from cli.instance import ROOT
from cli.waiting import wait_for
from tests.security import engine

CADDY = ROOT / "deployer" / "caddy"
ECHO = ["caddy", "respond", "--listen", "127.0.0.1:9000", "--body", "app {http.request.header.X-Forwarded-Proto}"]
APPS = ("shop", "127", "ci")
OURS = ["shop.localhost", "SHOP.LocalHost", "shop.apps.example", "Shop.Apps.EXAMPLE", "ci.localhost"]
NOT_OURS = ["127.0.0.1", "shop.evil.example", "shop.appsXexample", "a.shop.localhost", "shop.localhost.evil.example",
            "ci.apps.example", "CI.apps.example", "ci.apps.example.", "localhost"]
SUFFIX = r"\.(?i:localhost|\Q{$APPS_DOMAIN:localhost}\E)\.?$"
PROTECTIONS = {
    "the domains": (SUFFIX, r"\.", "127.0.0.1"),
    "the dots of the domain": (r"\Q{$APPS_DOMAIN:localhost}\E)\.?$", r"{$APPS_DOMAIN:localhost})\.?$", "shop.appsXexample"),
    "the dashboard's host": ("@dashboard host {$DASHBOARD_HOST:localhost}", "@dashboard host nobody.example", "ci.apps.example"),
    "the letters' case": ("import lowercase.caddy", "", "SHOP.LocalHost"),
}


class Caddy:
    def __init__(self, container: str):
        self._container = container

    def says(self, host: str) -> str:
        """What `host` answers, asked by somebody who claims that they came by https."""
        url = f"http://{next(iter(engine.addresses(engine.inspect(self._container)[0]).values()))}:8080/"
        return requests.get(url, headers={"Host": host, "X-Forwarded-Proto": "https"}, timeout=10).text

    def is_up(self) -> bool:
        try:
            return self.says("shop.localhost").startswith("app")
        except requests.RequestException:
            return False


@contextmanager
def caddy(image: str, folder: Path, routes: Path, proxies: str = ""):
    """Our Caddyfile in a container of its own, before an app that tells X-Forwarded-Proto."""
    settings = {"APPS_DOMAIN": "apps.example", "DASHBOARD_HOST": "ci.apps.example", "APPS_TRUSTED_PROXIES": proxies}
    container = engine.docker(
        "run", "--detach", "--tmpfs", "/run/caddy", "--volume", f"{folder}:/etc/caddy:ro", "--volume",
        f"{routes}:/routes:ro", *(word for item in settings.items() for word in ("--env", "=".join(item))), image,
        "caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile")
    try:
        engine.docker("exec", "--detach", container, *ECHO)
        found = Caddy(container)
        wait_for(found.is_up, "Caddy and the app behind it", 30)
        yield found
    finally:
        engine.docker("rm", "--force", "--volumes", container)


@pytest.fixture(scope="module")
def routes(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("routes")
    for app in APPS:
        (folder / app).write_text("127.0.0.1:9000")
    return folder


@pytest.fixture(scope="module")
def image(platform) -> str:
    return platform["caddy"]["Image"]


def test_only_our_own_names_are_served(image, routes):
    """Holds: <app>.localhost and <app>.APPS_DOMAIN in any case; no IP address, no other domain, not the dashboard's host.
    What a stranger claims in X-Forwarded-Proto is replaced."""
    with caddy(image, CADDY, routes) as ours:
        assert {host: ours.says(host) for host in OURS} == dict.fromkeys(OURS, "app http")
        assert [host for host in NOT_OURS if ours.says(host).startswith("app")] == []


def test_a_trusted_proxy_is_believed(image, routes):
    """Holds: an address in APPS_TRUSTED_PROXIES says how people came (else an app redirects to https forever)."""
    with caddy(image, CADDY, routes, "192.0.2.0/24 0.0.0.0/0") as ours:
        assert ours.says("shop.localhost") == "app https"
    with caddy(image, CADDY, routes, "192.0.2.0/24") as ours:
        assert ours.says("shop.localhost") == "app http"


@pytest.mark.parametrize("name", PROTECTIONS)
def test_without_the_protection_the_answer_differs(image, routes, tmp_path, name):
    on, off, host = PROTECTIONS[name]
    changed = shutil.copytree(CADDY, tmp_path / "caddy")
    text = (changed / "Caddyfile").read_text()
    assert text.count(on) == 1, f"the Caddyfile holds {on!r} {text.count(on)} times: this list is to follow it"
    (changed / "Caddyfile").write_text(text.replace(on, off))
    with caddy(image, changed, routes) as weakened:
        assert weakened.says(host).startswith("app") == (host in NOT_OURS)
