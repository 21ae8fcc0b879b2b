"""`./continuum up` has a running Caddy read a Caddyfile that changed."""

from __future__ import annotations

import shutil

import pytest
import requests
from world import CADDY, INSTANCE, free_port, third_party, wait_for

from cli.errors import CommandFailed
from cli.platform import RELOAD_CADDY
from cli.proc import run


@pytest.fixture
def caddy(world, tmp_path):
    """(its container, its port, its Caddyfile): a Caddy with a configuration of its own."""
    folder, port = tmp_path / "caddy", free_port()
    shutil.copytree(CADDY, folder)
    (tmp_path / "admin").mkdir()
    container = world.run_part(
        "caddy-of-its-own", third_party("CADDY_IMAGE"), network=f"{INSTANCE}-edge", ports={8080: port},
        argv=["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"],
        binds=[f"{folder}:/etc/caddy:ro", f"{tmp_path}/admin:/run/caddy"])
    wait_for(lambda: answer(port) is not None, "Caddy's answer")
    yield container, port, folder / "Caddyfile"
    world.api.remove_container(container, force=True, v=True)


def answer(port: int) -> tuple[int, str] | None:
    """(status, X-Changed) or None while nothing listens."""
    try:
        response = requests.get(f"http://127.0.0.1:{port}/", timeout=5)
    except requests.ConnectionError:
        return None
    return response.status_code, response.headers.get("X-Changed", "")


def test_a_changed_caddyfile_is_read_and_a_broken_one_is_refused(world, caddy):
    container, port, caddyfile = caddy
    reload = ["docker", "exec", container, *RELOAD_CADDY]
    before = world.api.inspect_container(container)["State"]["StartedAt"]
    text = caddyfile.read_text()
    caddyfile.write_text(text.replace("header -Server", "header -Server\n\theader X-Changed yes"))
    assert answer(port) == (404, "")
    run(reload)
    assert answer(port) == (404, "yes")
    caddyfile.write_text(text + "not a Caddyfile {")
    with pytest.raises(CommandFailed) as refused:
        run(reload)
    assert "Caddyfile" in str(refused.value) and answer(port) == (404, "yes")
    assert world.api.inspect_container(container)["State"]["StartedAt"] == before
