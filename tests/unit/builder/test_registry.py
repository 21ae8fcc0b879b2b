"""The pushed image is read back over HTTP, from a registry of a few lines."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from builder.images import Sizes
from builder.registry import Registry, exposed_ports
from common.wire.contracts import ImageRef
from common.wire.errors import Failure, ServiceDown

CONFIG = {"config": {"ExposedPorts": {"8000/tcp": {}, "53/udp": {}, "80": {}},
                     "Healthcheck": {"Test": ["CMD", "true"], "Interval": 1}}}
MANIFEST = {"config": {"digest": "sha256:config"}, "layers": [{"size": 1000}, {"size": 234}]}
INDEX = {"manifests": [{"digest": "sha256:proof", "platform": {"os": "unknown"}},
                       {"digest": "sha256:plain", "platform": {"os": "linux"}}]}
PATHS = {"/v2/apps/a/b/manifests/sha256:plain": MANIFEST, "/v2/apps/a/b/manifests/sha256:index": INDEX,
         "/v2/apps/a/b/blobs/sha256:config": CONFIG}


@pytest.fixture
def registry():
    class Handler(BaseHTTPRequestHandler):
        failing = 0
        deleted = []

        def do_GET(self):
            known = self.headers.get("Authorization") == "Bearer good"
            status = 401 if not known else 200 if self.path in PATHS else 404
            if Handler.failing:
                Handler.failing -= 1
                status = 503
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(PATHS.get(self.path, {})).encode())

        def do_DELETE(self):
            Handler.deleted.append(self.path.removeprefix("/v2/"))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server, Handler
    server.shutdown()
    server.server_close()


def client(server) -> Registry:
    return Registry(f"http://127.0.0.1:{server.server_port}", Path("/nowhere"))


@pytest.mark.parametrize("digest", ["sha256:plain", "sha256:index"])
def test_size_ports_and_healthcheck(registry, digest):
    image = client(registry[0]).image("apps/a/b", digest, "good")
    assert (image.size, image.exposed, image.healthcheck) == (1234, [80, 8000], True)


def test_a_hiccup_is_tried_again(registry):
    registry[1].failing = 2
    assert client(registry[0]).image("apps/a/b", "sha256:plain", "good").size == 1234


@pytest.mark.parametrize("repository, token", [("apps/a/none", "good"), ("apps/a/b", "wrong")])
def test_what_it_does_not_give_is_our_error(registry, repository, token):
    with pytest.raises(ServiceDown, match="the registry does not"):
        client(registry[0]).image(repository, "sha256:plain", token)


def test_no_ports_at_all():
    assert exposed_ports({}) == exposed_ports({"ExposedPorts": None}) == []


def test_an_image_goes_with_what_its_index_names_and_may_be_gone_already(registry):
    server, handler = registry
    for digest in ("sha256:plain", "sha256:index", "sha256:unknown"):
        client(server).remove("apps/a/b", digest, "good")
    assert handler.deleted == [f"apps/a/b/manifests/sha256:{name}" for name in ("plain", "proof", "plain", "index")]


def test_a_registry_that_does_not_obey_is_told(registry):
    with pytest.raises(ServiceDown):
        client(registry[0]).remove("apps/a/b", "sha256:plain", "wrong")


def test_a_description_that_is_too_large_is_refused(registry):
    """Each service that reads the image, and each list of containers, would carry its labels."""
    server, _ = registry
    PATHS["/v2/apps/a/large/manifests/sha256:plain"] = {**MANIFEST, "config": {"digest": "sha256:large"}}
    PATHS["/v2/apps/a/large/blobs/sha256:large"] = {"config": {"Labels": {"x": "y" * 1024**2}}}
    with pytest.raises(Failure, match="larger than 1024 KiB: shorten its LABEL and ENV lines"):
        client(server).image("apps/a/large", "sha256:plain", "good")


def test_what_images_share_counts_once_and_what_is_gone_not_at_all():
    asked = []
    layers = {"a": {"base": 100, "a": 1}, "b": {"base": 100, "b": 2}, "c": {}}
    sizes = Sizes(SimpleNamespace(blobs=lambda repository, digest, token: asked.append(digest) or layers[digest[-1]]))
    images = [ImageRef(repository="apps/a/b", digest=f"sha256:{digit * 64}") for digit in "abc"]
    assert sizes.of(images, "good") == 103 and sizes.of(images[:1], "good") == 101
    assert asked.count(images[0].digest) == 1                     # its blobs can never be others


@pytest.mark.parametrize("digest", ["sha256:sized", "sha256:sizes"])
def test_the_blobs_of_an_image(registry, monkeypatch, digest):
    manifest = {"config": {"digest": "c", "size": 5}, "layers": [{"digest": "l", "size": 1000}, {"digest": "l", "size": 1000}]}
    monkeypatch.setitem(PATHS, "/v2/apps/a/b/manifests/sha256:sized", manifest)
    monkeypatch.setitem(PATHS, "/v2/apps/a/b/manifests/sha256:sizes", {"manifests": [{"digest": "sha256:sized"}]})
    assert client(registry[0]).blobs("apps/a/b", digest, "good") == {"c": 5, "l": 1000}
    assert client(registry[0]).blobs("apps/a/b", "sha256:none", "good") == {}
