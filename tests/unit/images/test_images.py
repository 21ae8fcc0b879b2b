"""Which way to an image is taken, and what compose is told."""

import io

import pytest

from cli.errors import PlatformError
from cli.images import ensure_images, is_present
from cli.manifest import Manifest
from cli.progress import Progress

NAMES = ("postgres", "caddy")


@pytest.fixture
def manifest():
    return Manifest.load()


@pytest.fixture
def progress():
    return Progress(io.StringIO())


def standins(manifest):
    return {manifest.reference(recipe.name) for recipe in manifest.with_needs(list(NAMES))}


def test_stand_ins_that_are_there_are_taken_without_asking_anybody(docker, manifest, progress):
    docker.present(standins(manifest))
    images = ensure_images(progress, NAMES, with_bases=False)
    assert images == {"POSTGRES_IMAGE": manifest.reference("postgres"), "CADDY_IMAGE": manifest.reference("caddy")}
    assert docker.calls("manifest") == docker.calls("build") == docker.calls("pull") == []


def test_where_a_registry_answers_only_what_is_missing_is_pulled(docker, manifest, progress):
    postgres, caddy = manifest.images["postgres"].public, manifest.images["caddy"].public
    docker.registry(True)
    docker.present({f"postgres@{postgres.split('@')[1]}"})
    assert ensure_images(progress, NAMES) == {"POSTGRES_IMAGE": postgres, "CADDY_IMAGE": caddy}
    assert docker.calls("pull") == [f"pull {caddy}"]


def test_where_none_answers_stand_ins_are_made_on_top_of_each_other(docker, manifest, progress):
    docker.present({manifest.reference("debian")})
    ensure_images(progress, NAMES, with_bases=False)
    built = [line.split(" -t ")[1].split()[0] for line in docker.calls("build")]
    assert set(built) == standins(manifest) - {manifest.reference("debian")}
    assert built.index(manifest.reference("python")) < built.index(manifest.reference("caddy"))


def test_what_comes_after_an_image_runs_once_it_is_there(docker, manifest, progress):
    docker.present({manifest.reference("debian")})
    seen = []

    def after(reference):
        seen.append((reference, [line for line in docker.calls("build") if reference in line] != []))

    ensure_images(progress, NAMES, with_bases=False, after={"python": after})
    assert seen == [(manifest.reference("python"), True)]


def test_a_failed_pull_names_the_other_way(docker, progress):
    docker.pull_fails()
    with pytest.raises(PlatformError) as raised:
        ensure_images(progress, ("caddy",), source="pull")
    assert "no such host" in raised.value.cause and "IMAGE_SOURCE=local" in raised.value.next_step


def test_an_unknown_source_is_refused(docker, progress):
    with pytest.raises(PlatformError, match="IMAGE_SOURCE is 'maybe'"):
        ensure_images(progress, NAMES, source="maybe")


@pytest.mark.parametrize("reference, there", [
    ("caddy:2.11.4@sha256:aa", True), ("caddy:2.11.4@sha256:bb", False),
    ("moby/buildkit:v1", True), ("moby/buildkit:v2", False)])
def test_a_digest_decides_alone(reference, there):
    assert is_present(reference, {"caddy@sha256:aa", "moby/buildkit:v1"}) is there
