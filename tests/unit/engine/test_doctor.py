"""What doctor reports about the surroundings of an engine."""

import json
import socket
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cli.host import surroundings, survey
from cli.host.model import EngineInfo, Host
from cli.host.osrelease import OsRelease
from cli.host.redact import redact
from cli.host.registries import rate_limit, registry
from cli.host.socket import group_argv, socket_for_containers

HOST = Host(OsRelease("debian", "trixie", "Debian 13"), engine=EngineInfo("26.1.5"))
PEM = "-----BEGIN CERTIFICATE-----"


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


@pytest.mark.parametrize("text, mode, state", [
    ("hello", 0o644, "problem"), (PEM, 0o644, "ok"), (PEM, 0o600, "problem"), (PEM, 0o640, "problem")])
def test_a_ca_bundle_is_a_file_of_certificates_that_services_can_read(tmp_path, text, mode, state):
    path = tmp_path / "my ca.crt"
    path.write_text(text)
    path.chmod(mode)
    check = surroundings.ca_bundle(str(path))
    assert check.state == state and (state == "ok" or check.next_step)


@pytest.mark.parametrize("path", ["/no/such/file", "/etc", "ca.crt"])
def test_a_ca_bundle_that_is_no_file_is_a_problem(path):
    assert surroundings.ca_bundle(path).state == "problem"


def test_the_socket_is_the_contexts_own(tmp_path):
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        host = Host(HOST.system, endpoint=f"unix://{path}")
        assert socket_for_containers(host, "python") == (str(path), path.stat().st_gid)


def test_a_virtual_machines_socket_is_looked_at_inside_it():
    assert group_argv("python")[-4:] == ["python", "-c", "%g", "/var/run/docker.sock"]
    assert Host(HOST.system, platform="darwin").in_a_machine


@contextmanager
def answering(status=200, headers=None):
    """A server on loopback that answers each HEAD and GET so; gives its address."""
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response_only(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()

        do_GET = do_HEAD

        def log_message(self, *args):
            """Tests print nothing."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def refusing():
    """The address of a port at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{free.getsockname()[1]}"


@pytest.mark.parametrize("status, state", [(200, "ok"), (401, "ok"), (503, "warning"), (404, "warning")])
def test_a_registry_is_judged_by_its_status(status, state):
    with answering(status) as hub:
        check = registry((), hub)
    assert check.state == state and hub in check.found


def test_a_registry_that_refuses_connections_is_a_warning_with_a_next_step():
    with refusing() as hub:
        check = registry((), hub)
    assert check.state == "warning" and "cannot be reached" in check.found and check.next_step


def test_docker_hub_is_not_asked_while_a_mirror_of_the_engine_answers():
    with answering() as mirror, refusing() as hub:
        check = registry((f"{mirror}/",), hub)
    assert check.state == "ok" and "mirror of Docker Hub" in check.found and hub not in check.found
    assert "not asked" in rate_limit((mirror,)).found


def test_a_mirror_that_does_not_answer_is_named_with_what_answers_instead():
    with refusing() as mirror, answering(401) as hub:
        check = registry((mirror,), hub)
    assert check.state == "warning" and f"{mirror} cannot be reached" in check.found and f"{hub} answers" in check.found
    assert "registry-mirrors" in check.next_step


def test_the_mirrors_are_those_that_the_engine_reports(monkeypatch):
    info = json.dumps({"RegistryConfig": {"Mirrors": ["https://mirror.example/"]}})
    monkeypatch.setattr(survey, "_ask", lambda argv: (0, {"version": '{"Server": {"Version": "27.0.1"}}',
                                                          "info": info}.get(argv[1], ""), ""))
    assert survey.survey(HOST.system).engine.mirrors == ("https://mirror.example/",)


@pytest.mark.parametrize("skew, state", [(timedelta(0), "ok"), (timedelta(hours=1), "warning"),
                                         (timedelta(hours=-1), "warning")])
def test_a_clock_that_is_far_from_a_servers_is_a_warning(skew, state):
    date = format_datetime(datetime.now(UTC) + skew, usegmt=True)
    with answering(headers={"Date": date}) as url:
        assert surroundings.clock(url).state == state


def test_a_server_that_tells_no_time_leaves_the_clock_uncompared():
    with answering() as url:
        check = surroundings.clock(url)
    assert check.state == "ok" and "compared with nothing" in check.found


def test_a_disk_with_little_room_is_a_warning(monkeypatch, tmp_path):
    assert surroundings.disk(str(tmp_path)).state in ("ok", "warning")
    monkeypatch.setattr(surroundings, "DISK", 2**60)
    check = surroundings.disk(str(tmp_path / "missing"))
    assert check.state == "warning" and "docker system df" in check.next_step
