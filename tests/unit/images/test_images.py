"""Which way to an image is taken, and what compose is told."""

import io

import pytest

from cli.errors import PlatformError
from cli.images.ensure import Choices, ensure_images
from cli.images.manifest import Manifest
from cli.images.pull import Patience, patience_of
from cli.images.reference import Reference
from cli.progress import Progress

NAMES = ("postgres", "caddy")
REFUSED = 'Error response from daemon: Get "https://registry-1.docker.io/v2/": dial tcp 192.0.2.1:443: connect: connection refused'
OTHER = "sha256:" + "b" * 64


@pytest.fixture
def manifest():
    return Manifest.load()


@pytest.fixture
def said():
    return io.StringIO()


@pytest.fixture
def ensure(docker, tmp_path, said):
    def call(names=NAMES, *, settings=None, attempts=1, **options):
        choices = Choices(tmp_path / ".env", tmp_path / "images.lock", settings or {}, Patience(attempts, 0, 1))
        return ensure_images(Progress(said), choices, names, with_bases=False, **options)
    return call


def standins(manifest):
    return {manifest.reference(recipe.name) for recipe in manifest.with_needs(list(NAMES))}


def test_stand_ins_that_are_there_are_taken_without_asking_anybody(docker, manifest, ensure):
    docker.present(standins(manifest))
    assert ensure() == {"POSTGRES_IMAGE": manifest.reference("postgres"), "CADDY_IMAGE": manifest.reference("caddy")}
    assert docker.calls("build") == docker.calls("pull") == []


def test_only_what_is_missing_is_pulled(docker, manifest, ensure):
    postgres, caddy = manifest.images["postgres"].public, manifest.images["caddy"].public
    docker.present({f"postgres@{postgres.split('@')[1]}"})
    assert ensure() == {"POSTGRES_IMAGE": postgres, "CADDY_IMAGE": caddy}
    assert docker.calls("pull") and set(docker.calls("pull")) == {f"pull {caddy}"}


def test_where_no_registry_can_be_reached_stand_ins_are_made_and_that_is_announced(docker, manifest, ensure, said):
    docker.present({manifest.reference("debian")})
    docker.pull_says(REFUSED)
    ensure()
    built = [line.split(" -t ")[1].split()[0] for line in docker.calls("build")]
    assert set(built) == standins(manifest) - {manifest.reference("debian")}
    assert built.index(manifest.reference("python")) < built.index(manifest.reference("caddy"))
    assert "connection refused" in said.getvalue() and "takes minutes and needs root" in said.getvalue()


def test_what_comes_after_an_image_runs_once_it_is_there(docker, manifest, ensure):
    docker.present({manifest.reference("debian")})
    seen = []

    def after(reference):
        seen.append((reference, [line for line in docker.calls("build") if reference in line] != []))

    ensure(settings={"IMAGE_SOURCE": "local"}, after={"python": after})
    assert seen == [(manifest.reference("python"), True)]


@pytest.mark.parametrize("line, cause, step", [
    ("toomanyrequests: You have reached your unauthenticated pull rate limit", "rate limit", "docker login"),
    ("received unexpected HTTP status: 500 Internal Server Error", "server error", "try again later"),
    ("pull access denied for caddy, repository does not exist or may require 'docker login': denied", "denies access",
     "docker login"),
    ("manifest for caddy:2.11.4 not found: manifest unknown: manifest unknown", "does not have this tag", "CADDY_IMAGE="),
    ("write /var/lib/docker/tmp/x: no space left on device", "disk is full", "free disk space"),
    ("something that nobody has seen", "reports an error", "CADDY_IMAGE=")])
def test_what_a_registry_refuses_is_explained_and_nothing_is_compiled(docker, ensure, tmp_path, line, cause, step):
    docker.pull_says("Error response from daemon: " + line)
    with pytest.raises(PlatformError) as raised:
        ensure(("caddy",))
    assert "caddy:2.11.4" in raised.value.cause and cause in raised.value.cause and line in raised.value.cause
    assert step in raised.value.next_step
    assert docker.calls("build") == []


def test_the_setting_and_its_file_are_named(docker, ensure, tmp_path):
    docker.pull_says("Error response from daemon: manifest unknown")
    with pytest.raises(PlatformError) as raised:
        ensure(("rabbitmq",))
    assert f"RABBITMQ_IMAGE= in {tmp_path / '.env'}" in raised.value.next_step


def test_asked_to_pull_an_unreachable_registry_is_an_error(docker, ensure):
    docker.pull_says(REFUSED)
    with pytest.raises(PlatformError) as raised:
        ensure(settings={"IMAGE_SOURCE": "pull"})
    assert "connection refused" in raised.value.cause and "IMAGE_SOURCE=local" in raised.value.next_step
    assert docker.calls("build") == []


def test_a_download_that_stalls_is_ended_and_said(docker, ensure):
    docker.pull_hangs()
    with pytest.raises(PlatformError, match="stalled") as raised:
        ensure(("caddy",))
    assert "Downloading 1MB/9MB" in raised.value.cause
    assert docker.calls("build") == []


@pytest.mark.parametrize("line, tries", [("toomanyrequests", 3), ("unexpected HTTP status: 503 Service Unavailable", 3),
                                         ("pull access denied: denied", 1)])
def test_only_what_may_pass_is_tried_again(docker, ensure, line, tries):
    docker.pull_says("Error response from daemon: " + line)
    with pytest.raises(PlatformError):
        ensure(("caddy",), attempts=3)
    assert len(docker.calls("pull")) == tries


def test_an_unknown_digest_is_replaced_by_the_tags_and_recorded(docker, manifest, ensure, tmp_path, said):
    caddy = manifest.images["caddy"].public
    docker.pull_says("Error response from daemon: manifest unknown: manifest unknown", reference=caddy)
    docker.digests(f'["caddy@{OTHER}"]', "caddy:2.11.4")
    assert ensure(("caddy",)) == {"CADDY_IMAGE": f"caddy:2.11.4@{OTHER}"}
    assert "pulling caddy:2.11.4 instead" in said.getvalue()
    assert f"{OTHER} now, not {caddy.split('@')[1]}" in said.getvalue()
    assert OTHER in (tmp_path / "images.lock").read_text()
    docker.present({f"caddy@{OTHER}"})
    before = len(docker.calls("pull"))
    assert ensure(("caddy",)) == {"CADDY_IMAGE": f"caddy:2.11.4@{OTHER}"}
    assert len(docker.calls("pull")) == before


def test_a_tag_keeps_the_digest_that_it_gave_first_and_a_change_is_said(docker, ensure, said):
    first = "sha256:" + "a" * 64
    docker.digests(f'["anchore/grype@{first}"]')
    assert ensure(("grype",)) == {"GRYPE_IMAGE": f"anchore/grype:v0.115.0@{first}"}
    docker.digests(f'["anchore/grype@{OTHER}"]')
    assert ensure(("grype",)) == {"GRYPE_IMAGE": f"anchore/grype:v0.115.0@{first}"}
    docker.pull_says("Error response from daemon: manifest unknown", reference=f"anchore/grype:v0.115.0@{first}")
    assert ensure(("grype",)) == {"GRYPE_IMAGE": f"anchore/grype:v0.115.0@{OTHER}"}
    assert f"is {OTHER} now, not {first}" in said.getvalue()


def test_a_lock_that_cannot_be_read_is_named(ensure, tmp_path):
    (tmp_path / "images.lock").write_text("caddy = 5")
    with pytest.raises(PlatformError, match="images.lock"):
        ensure()


def test_an_image_that_a_person_set_is_pulled_whatever_the_source(docker, manifest, ensure):
    docker.present(standins(manifest))
    docker.digests("[]")
    images = ensure(settings={"IMAGE_SOURCE": "local", "CADDY_IMAGE": "example.com/caddy:mine"})
    assert images == {"POSTGRES_IMAGE": manifest.reference("postgres"), "CADDY_IMAGE": "example.com/caddy:mine"}
    assert docker.calls("pull") == ["pull example.com/caddy:mine"]


def test_the_environment_goes_before_the_settings_file(docker, manifest, ensure, monkeypatch):
    docker.present(standins(manifest))
    monkeypatch.setenv("IMAGE_SOURCE", "local")
    assert ensure(settings={"IMAGE_SOURCE": "pull"})["CADDY_IMAGE"] == manifest.reference("caddy")
    assert docker.calls("pull") == []


def test_an_unknown_source_is_refused(ensure):
    with pytest.raises(PlatformError, match="IMAGE_SOURCE is 'maybe'"):
        ensure(settings={"IMAGE_SOURCE": "maybe"})


@pytest.mark.parametrize("reference, there", [
    ("caddy:2.11.4@sha256:aa", True), ("caddy:2.11.4@sha256:bb", False), ("docker.io/library/caddy@sha256:aa", True),
    ("moby/buildkit:v1", True), ("moby/buildkit:v2", False), ("localhost:5000/x", True)])
def test_a_digest_decides_alone(reference, there):
    present = {"caddy@sha256:aa", "moby/buildkit:v1", "localhost:5000/x:latest"}
    assert Reference.parse(reference).is_in(present) is there


@pytest.mark.parametrize("reference, registry", [
    ("caddy:2", "docker.io"), ("moby/buildkit", "docker.io"), ("ghcr.io/a/b:1", "ghcr.io"),
    ("localhost:5000/a@sha256:aa", "localhost:5000")])
def test_a_reference_names_its_registry(reference, registry):
    assert Reference.parse(reference).registry == registry
    assert str(Reference.parse(reference)) == reference


def test_a_stall_is_judged_by_the_setting():
    assert patience_of({"PULL_STALL_SECONDS": "90"}).stall == 90


@pytest.mark.parametrize("text", ["", "0", "-1", "1m", "2.5"])
def test_a_stall_that_is_not_a_number_of_seconds_is_refused(text):
    with pytest.raises(PlatformError, match="PULL_STALL_SECONDS is"):
        patience_of({"PULL_STALL_SECONDS": text})
