"""What doctor reports about the surroundings of an engine."""

import socket

import pytest

from cli.host.model import EngineInfo, Host
from cli.host.osrelease import OsRelease
from cli.host.redact import redact
from cli.host.socket import group_argv, socket_for_containers
from cli.host import surroundings

HOST = Host(OsRelease("debian", "trixie", "Debian 13"), engine=EngineInfo("26.1.5"))


@pytest.mark.parametrize("text, shown", [
    ("http://ann:pw@proxy.example:3128", "http://***@proxy.example:3128"), ("ann:pw@proxy:3128", "***@proxy:3128"),
    ("http://proxy:3128", "http://proxy:3128"), ("localhost,.example", "localhost,.example")])
def test_passwords_of_proxies_are_not_shown(text, shown):
    assert redact(text) == shown


def test_a_proxy_that_only_this_shell_has_is_a_warning():
    check = surroundings.proxy(HOST, {"https_proxy": "http://ann:pw@proxy:3128"})
    assert check.state == "warning" and "engine has none" in check.found and "pw" not in check.found
    assert surroundings.proxy(HOST, {}).state == "ok"


def test_name_servers_that_are_all_ipv6_are_a_warning(tmp_path):
    (tmp_path / "resolv.conf").write_text("nameserver fd00::1\n")
    assert surroundings.resolvers(tmp_path / "resolv.conf").state == "warning"
    (tmp_path / "resolv.conf").write_text("nameserver fd00::1\nnameserver 10.0.0.1\n")
    assert surroundings.resolvers(tmp_path / "resolv.conf").state == "ok"


def test_a_ca_bundle_without_certificates_is_a_warning(tmp_path):
    (tmp_path / "ca").write_text("hello")
    assert surroundings.ca_bundle(str(tmp_path / "ca")).state == "warning"
    (tmp_path / "ca").write_text("-----BEGIN CERTIFICATE-----")
    assert surroundings.ca_bundle(str(tmp_path / "ca")).state == "ok"


def test_the_socket_is_the_contexts_own(tmp_path):
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        host = Host(HOST.system, endpoint=f"unix://{path}")
        assert socket_for_containers(host, "python") == (str(path), path.stat().st_gid)


def test_a_virtual_machines_socket_is_looked_at_inside_it():
    assert group_argv("python")[-4:] == ["python", "-c", "%g", "/var/run/docker.sock"]
    assert Host(HOST.system, platform="darwin").in_a_machine
