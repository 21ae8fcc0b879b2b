"""What an app speaks decides whether it goes live, and how it is reached: cases 07, 27 and 42 from the field."""

import subprocess
from pathlib import Path

import pytest

from tests.harness.faults import Availability
from tests.harness.life import live, pushed

H2C = Path(__file__).parents[1] / "contract" / "deployer" / "images" / "h2c"
RESETS = '''
import struct
early.settimeout(0.1)
until = time.monotonic() + 4
while time.monotonic() < until:
    try:
        visitor, _ = early.accept()
    except TimeoutError:
        continue
    visitor.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    visitor.close()
'''
TLS = '''\
import http.server, ssl

server = http.server.ThreadingHTTPServer(("", 8443), http.server.SimpleHTTPRequestHandler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/cert.pem", "/key.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
'''


@pytest.fixture(scope="module")
def repo(stack):
    return live(stack)


def publish(stack, repo, files: dict[str, str]) -> dict:
    for path, text in files.items():
        repo.write(path, text)
    commit = repo.commit("Speak otherwise")
    repo.push()
    return stack.wait(repo.wait_for_push_run(commit)["id"])


def test_an_app_that_resets_connections_at_first_is_waited_for(stack, repo):
    with Availability(repo) as available:
        ended = pushed(stack, repo, "two", broken=RESETS)
    assert ended["state"] == "success", ended["reason"]
    assert available.bad == [] and repo.fetch("/").text == "version two\n"


def test_an_app_that_speaks_only_tls_never_replaces_one_that_answers(stack, repo):
    before = repo.fetch("/").text
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", repo.work / "key.pem", "-out", repo.work / "cert.pem", "-subj", "/CN=localhost"],
                   check=True, capture_output=True)
    with Availability(repo) as available:
        ended = publish(stack, repo, {"app.py": TLS, ".continuum.yml": "deploy: {port: 8443}\n", "Dockerfile":
                                      'FROM python:3.13-slim\nCOPY *.pem app.py /\nCMD ["python", "-u", "/app.py"]\n'})
    assert ended["state"] == "failure" and "port 8443 speaks TLS: let it speak plain HTTP" in ended["reason"]
    assert available.bad == [] and repo.fetch("/").text == before


def test_an_app_that_speaks_http2_without_tls_is_reached_by_its_address(stack, repo):
    ended = publish(stack, repo, {"server.py": (H2C / "server.py").read_text(), "Dockerfile":
                                  (H2C / "Dockerfile").read_text().replace("dev-deployer/app", "python:3.13-slim"), ".continuum.yml": "deploy: {}\n"})
    assert ended["state"] == "success" and ended["reason"].startswith("live at "), ended["reason"]
    assert repo.fetch("/").text == "over HTTP/2"
