"""Only what the registry lacks is pushed, with credentials that no command line shows."""

import base64
import io
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from cli.images.manifest import Manifest
from cli.images.mirror import push_base_images
from cli.progress import Progress

DIGEST = "sha256:" + "a" * 64


@pytest.fixture
def registry():
    """A registry that has what is in `.tags` and wants user:secret."""
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            wanted = "Basic " + base64.b64encode(b"user:secret").decode()
            name = self.path.removeprefix("/v2/library/").replace("/manifests/", ":")
            there = name in self.server.tags
            self.send_response(401 if self.headers["Authorization"] != wanted else 200 if there else 404)
            self.send_header("Docker-Content-Digest", DIGEST)
            self.end_headers()

        def log_message(self, *args):
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.tags = set()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def push(registry):
    return push_base_images(Progress(io.StringIO()), registry=f"127.0.0.1:{registry.server_port}",
                            user="user", password="secret")


def test_missing_tags_are_pushed_and_the_password_is_on_no_command_line(docker, registry):
    manifest = Manifest.load()
    docker.present({manifest.reference("debian")})
    assert push(registry) == len(manifest.bases["debian"].tags)
    assert [line.rsplit(":", 1)[1] for line in docker.calls("push")] == list(manifest.bases["debian"].tags)
    assert not any("secret" in line for line in docker.calls())


def test_what_is_there_by_digest_is_skipped(docker, registry):
    manifest = Manifest.load()
    docker.present({manifest.reference("debian")})
    docker.digests(f'["x/library/debian@{DIGEST}"]')
    registry.tags = {f"debian:{tag}" for tag in manifest.bases["debian"].tags if tag != "13"}
    assert push(registry) == 1
    assert docker.calls("push")[0].endswith("library/debian:13")


def test_where_no_stand_ins_exist_nothing_happens(docker, registry):
    assert push(registry) == 0
