"""A repository that uses more disk than it may starts no build, and says why."""

import pytest

from common.wire.errors import ServiceDown
from tests.unit.orchestrator.fakes import OUTPUTS

GIB = 1024**3
IMAGES = [{"repository": "apps/ada/hello", "digest": f"sha256:{digit * 64}"} for digit in "abc"]


@pytest.fixture
def disk(world):
    """Say what the repository uses, and what it may."""
    def use(*, volumes=0, containers=0, image=0, limit=10 * GIB):
        world.deployer.disk = {"volumes": volumes, "containers": containers}
        world.db.images, world.workers["builder"][0].image_size = IMAGES, image
        world.db.limits[1] = {"disk": limit}
    return use


def test_a_run_of_a_repository_over_its_limit_fails_and_builds_nothing(world, player, disk):
    disk(volumes=8 * GIB, containers=3 * GIB)
    run = player.play(world.db.new_run())
    assert run["state"] == "failure" and world.began == []
    assert run["reason"].startswith("build: the repository uses 11.0 GiB of disk, over its limit of 10.0 GiB: volumes 8.0 GiB, "
                                    "containers 3.0 GiB, images 0 MiB.")
    assert "an owner of the installation can change the limit" in run["reason"]


def test_at_its_limit_it_runs(world, player, disk):
    disk(volumes=8 * GIB, containers=2 * GIB)
    assert player.play(world.db.new_run())["state"] == "success"


def test_images_that_nothing_needs_go_before_a_run_is_refused(world, player, disk):
    disk(volumes=4 * GIB, image=3 * GIB)
    assert player.play(world.db.new_run())["state"] == "success"
    assert world.workers["builder"][0].images_removed == IMAGES[:-1]


def test_below_the_limit_every_image_stays(world, player, disk):
    disk(image=3 * GIB)
    player.play(world.db.new_run())
    assert world.workers["builder"][0].images_removed == []


def test_what_cannot_be_measured_holds_no_run_up(world, player, disk, monkeypatch):
    disk(volumes=99 * GIB)
    builder = world.workers["builder"][0]
    call = builder.call

    def broken(method, path, **options):
        if path == "/v1/images/size":
            raise ServiceDown("builder does not answer")
        return call(method, path, **options)
    monkeypatch.setattr(builder, "call", broken)
    run = player.play(world.db.new_run("build"))
    assert run["state"] == "success" and run["outputs"]["image"] == OUTPUTS["build"]["image"]
