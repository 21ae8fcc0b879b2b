"""Only what the registry lacks is pushed, over TLS, with a token that no command line shows."""

import io
import ssl
import threading
import urllib.error
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from cli.certificates import ensure_certificates, new_token_key
from cli.images.manifest import Manifest
from cli.images.mirror import Target, push_base_images
from cli.progress import Progress

DIGEST = "sha256:" + "a" * 64


@pytest.fixture
def registry(tmp_path):
    """A registry that has what is in `.tags` and wants the token `secret`; its certificate is of `.ca`."""
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            name = self.path.removeprefix("/v2/library/").replace("/manifests/", ":")
            there = name in self.server.tags
            self.send_response(401 if self.headers["Authorization"] != "Bearer secret" else 200 if there else 404)
            self.send_header("Docker-Content-Digest", DIGEST)
            self.end_headers()

        def log_message(self, *args):
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    ensure_certificates(tmp_path / "registry", new_token_key())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "registry" / "server.crt", tmp_path / "registry" / "server.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.tags, server.ca, server.asked = set(), tmp_path / "registry" / "ca.crt", []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def push(registry, bearer="secret"):
    def token(names):
        registry.asked.append(names)
        return bearer
    return push_base_images(Progress(io.StringIO()), Target(f"127.0.0.1:{registry.server_port}", registry.ca), token)


def test_missing_tags_are_pushed_and_the_token_is_on_no_command_line(docker, registry):
    manifest = Manifest.load()
    docker.present({manifest.reference("debian")})
    assert push(registry) == len(manifest.bases["debian"].tags)
    assert [line.rsplit(":", 1)[1] for line in docker.calls("push")] == list(manifest.bases["debian"].tags)
    assert not any("secret" in line for line in docker.calls())
    assert registry.asked == [["debian"]]


def test_what_is_there_by_digest_is_skipped(docker, registry):
    manifest = Manifest.load()
    docker.present({manifest.reference("debian")})
    docker.digests(f'["x/library/debian@{DIGEST}"]')
    registry.tags = {f"debian:{tag}" for tag in manifest.bases["debian"].tags if tag != "13"}
    assert push(registry) == 1
    assert docker.calls("push")[0].endswith("library/debian:13")


def test_where_no_stand_ins_exist_nothing_happens(docker, registry):
    assert push(registry) == 0
    assert registry.asked == []


def test_a_registry_with_another_certificate_gets_no_token(docker, registry, tmp_path):
    docker.present({Manifest.load().reference("debian")})
    ensure_certificates(tmp_path / "other", new_token_key())
    registry.ca = tmp_path / "other" / "ca.crt"
    with pytest.raises(urllib.error.URLError, match="certificate verify failed"):
        push(registry)
    assert docker.calls("push") == []
