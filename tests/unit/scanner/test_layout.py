"""Layers from a registry with faults, kept unpacked, under a limit."""

from __future__ import annotations

import gzip
import json
import os
import threading
import time

import pytest

from common.wire.errors import Canceled, Failure
from common.worker.jobs import Cancel
from scanner.errors import RegistryError
from scanner.layout import Layout
from scanner.limit import Limit
from scanner.registry import RETRIES, Registry
from tests.unit.scanner.fakes import GZIP, PACKERS, FakeRegistry, digest, tar, token

ONE, TWO, THREE = (tar(name, name.encode() * 3000) for name in ("one", "two", "three"))


@pytest.fixture
def registry():
    with FakeRegistry().serving() as made:
        yield made


@pytest.fixture
def client(registry):
    return Registry(registry.address, None, token)


@pytest.fixture
def layout(client, tmp_path):
    return Layout(tmp_path / "layout", client, keep=10**9, largest=10**9)


def place(layout, client, reference, folder, tick=lambda size: None):
    layout.place(client.image(reference), folder, tick)
    return folder


def blob(folder, name):
    return (folder / "blobs" / "sha256" / name.removeprefix("sha256:")).read_bytes()


@pytest.mark.parametrize("kind", PACKERS)
def test_every_kind_of_layer_is_unpacked(registry, client, layout, tmp_path, kind):
    reference = registry.push((ONE, kind), (TWO, kind))
    folder = place(layout, client, reference, tmp_path / "scan")
    index = json.loads((folder / "index.json").read_text())
    manifest = json.loads(blob(folder, index["manifests"][0]["digest"]))
    assert [blob(folder, layer["digest"]) for layer in manifest["layers"]] == [ONE, TWO]
    assert {layer["mediaType"] for layer in manifest["layers"]} == {"application/vnd.oci.image.layer.v1.tar"}
    assert json.loads(blob(folder, manifest["config"]["digest"]))["rootfs"]["diff_ids"] == [digest(ONE), digest(TWO)]


def test_only_new_layers_are_fetched(registry, client, layout, tmp_path):
    place(layout, client, registry.push((ONE, GZIP)), tmp_path / "a")
    registry.asked.clear()
    image = client.image(registry.push((ONE, GZIP), (TWO, GZIP), (TWO, GZIP)))
    assert [layer.diff_id for layer in layout.missing(image)] == [digest(TWO)]
    registry.asked.clear()
    layout.place(image, tmp_path / "b", lambda size: None)
    assert len(registry.layers_asked()) == 1


def test_progress_counts_the_packed_bytes(registry, client, layout, tmp_path):
    reference = registry.push((ONE, GZIP), (TWO, GZIP))
    seen = []
    place(layout, client, reference, tmp_path / "scan", seen.append)
    assert sum(seen) == sum(layer.size for layer in client.image(reference).layers)


def test_two_scans_fetch_a_new_layer_once(registry, client, layout, tmp_path):
    image = client.image(registry.push((ONE, GZIP)))
    registry.asked.clear()

    def slowly(size):
        time.sleep(0.02)

    threads = [threading.Thread(target=layout.place, args=(image, tmp_path / str(number), slowly))
               for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(registry.layers_asked()) == 1
    assert all((tmp_path / str(number) / "index.json").exists() for number in range(3))


@pytest.mark.parametrize("fault", ["spoil", "cut"])
def test_a_layer_that_is_not_what_its_digest_names_is_refused(registry, client, layout, tmp_path, fault):
    image = client.image(registry.push((ONE, GZIP)))
    getattr(registry, fault).add(image.layers[0].digest)
    with pytest.raises(RegistryError):
        layout.place(image, tmp_path / "scan", lambda size: None)
    assert layout.missing(image) == list(image.layers)


def test_a_layer_that_was_packed_anew_is_not_what_the_digest_names(registry, client, layout, tmp_path):
    image = client.image(registry.push((ONE, GZIP)))
    registry.blobs[image.layers[0].digest] = gzip.compress(ONE, 1)
    with pytest.raises(RegistryError, match="is not what"):
        layout.place(image, tmp_path / "scan", lambda size: None)


def test_a_diff_id_that_lies_is_refused(registry, client, layout, tmp_path):
    good = registry.push((ONE, GZIP))
    manifest = json.loads(registry.blobs[good.digest])
    config = json.loads(registry.blobs[manifest["config"]["digest"]])
    config["rootfs"]["diff_ids"] = [digest(TWO)]
    body = json.dumps(config).encode()
    registry.blobs[digest(body)] = body
    manifest["config"]["digest"] = digest(body)
    with pytest.raises(RegistryError, match="is not what"):
        place(layout, client, registry.push_manifest(manifest, registry.types[good.digest]), tmp_path / "scan")


def test_an_image_that_unpacks_to_too_much_is_refused(registry, client, tmp_path):
    layout = Layout(tmp_path / "layout", client, keep=10**9, largest=len(ONE) + 100)
    place(layout, client, registry.push((ONE, GZIP)), tmp_path / "a")
    for number, layers in enumerate([[(ONE, GZIP), (TWO, GZIP)], [(tar("bomb", bytes(10**7)), GZIP)]]):
        with pytest.raises(Failure, match="SCANNER_IMAGE_GB"):
            place(layout, client, registry.push(*layers), tmp_path / f"b{number}")


def test_the_least_recently_used_layers_go(registry, client, tmp_path):
    layout = Layout(tmp_path / "layout", client, keep=2 * max(len(ONE), len(TWO), len(THREE)), largest=10**9)
    images = [client.image(registry.push((content, GZIP))) for content in (ONE, TWO, THREE)]
    for number, image in enumerate(images):
        layout.place(image, tmp_path / str(number), lambda size: None)
        os.utime(layout._path(image.layers[0]), ns=(number, number))
    layout.place(images[0], tmp_path / "again", lambda size: None)
    assert layout.evict() == 1
    assert [bool(layout.missing(image)) for image in images] == [False, True, False]
    assert blob(tmp_path / "1", digest(TWO)) == TWO      # who reads it keeps it


def test_a_cancel_ends_a_fetch(registry, client, layout, tmp_path):
    cancel = Cancel()
    limit = Limit(cancel, 60)

    def tick(size):
        cancel.request()
        limit.check()

    with pytest.raises(Canceled):
        place(layout, client, registry.push((ONE, GZIP)), tmp_path / "scan", tick)
    assert not list((tmp_path / "layout").iterdir())


def test_a_registry_that_stumbles_is_asked_again(registry, client):
    reference = registry.push((ONE, GZIP))
    registry.broken = 2
    assert client.image(reference).diff_ids == [digest(ONE)]


def test_a_registry_that_stays_broken_is_told(registry, monkeypatch):
    monkeypatch.setattr("scanner.registry.RETRIES", RETRIES.new(backoff_factor=0.001))
    client = Registry(registry.address, None, token)
    reference = registry.push((ONE, GZIP))
    registry.broken = 100
    with pytest.raises(RegistryError, match="the registry (does not answer|answered 500)"):
        client.image(reference)


def test_wrong_credentials_are_told(registry):
    with pytest.raises(RegistryError, match="answered 401"):
        Registry(registry.address, None, lambda name: "wrong").image(registry.push((ONE, GZIP)))


def test_an_image_that_is_gone_names_the_next_step(registry, client):
    reference = registry.push((ONE, GZIP))
    del registry.blobs[reference.digest]
    with pytest.raises(Failure, match="build the image again"):
        client.image(reference)


@pytest.mark.parametrize("name", ["../../v2/x", "/etc", "a//..", "Ann/Shop", "a?b", "a/b#c", ""])
def test_a_name_that_is_none_is_refused(registry, client, name):
    reference = registry.push((ONE, GZIP)).model_copy(update={"repository": name})
    with pytest.raises(RegistryError, match="is no name"):
        client.image(reference)
    assert registry.asked == []


def test_a_spoiled_manifest_is_refused(registry, client):
    reference = registry.push((ONE, GZIP))
    registry.spoil.add(reference.digest)
    with pytest.raises(RegistryError, match="is not what"):
        client.image(reference)


def test_an_index_leads_to_this_machines_image(registry, client, monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    image, other = registry.push((ONE, GZIP)), registry.push((TWO, GZIP))
    index = registry.push_manifest({"manifests": [
        {"digest": other.digest, "platform": {"os": "unknown", "architecture": "unknown"}},
        {"digest": image.digest, "platform": {"os": "linux", "architecture": "amd64"}}]},
        "application/vnd.oci.image.index.v1+json")
    assert client.image(index).diff_ids == [digest(ONE)]
    assert client.image(index).reference == index
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(Failure, match="no variant for linux/riscv64"):
        client.image(index)


@pytest.mark.parametrize("document", [{}, {"config": {"digest": "x"}, "layers": []}, [1]])
def test_a_manifest_that_is_none_is_told(registry, client, document):
    with pytest.raises(RegistryError):
        client.image(registry.push_manifest(document, "application/vnd.oci.image.manifest.v1+json"))
