"""The disk of a repository's apps: what counts, and what is stopped."""

from types import SimpleNamespace

import pytest
from docker.errors import APIError

from deployer import names
from deployer.container_spec import Place, again, app_body
from deployer.disk import Disk, DiskLimits
from deployer.engine import Engine
from deployer.liveness import Liveness
from deployer.watch import Watch
from tests.unit.deployer.test_container_spec import IMAGE, inputs

GIB = 1024**3


class FakeEngine:
    """An engine with containers of repositories 1 and 2, and volumes of them and of others."""

    instance = "inst"

    def __init__(self):
        self.stopped, self.volumes = [], [volume(1, 3 * GIB), volume(2, GIB), volume(1, 50 * GIB, instance="another"),
                                          {"Name": "x", "Labels": None, "UsageData": {"Size": 50 * GIB}}, volume(2, -1)]
        self.running = [container(1, "a", "running", 2 * GIB), container(1, "b", "exited", GIB), container(2, "c", "running", 0)]
        self.api = SimpleNamespace(containers=lambda **_: self.running, stop=lambda name, timeout: self.stopped.append(name))

    def volume_usage(self):
        return self.volumes


def volume(repo, size, instance="inst"):
    return {"Name": "v", "Labels": {names.INSTANCE: instance, names.REPO: str(repo)}, "UsageData": {"Size": size}}


def container(repo, name, state, size):
    return {"Id": name, "Names": [f"/{name}"], "State": state, "SizeRw": size, "Labels": {names.REPO: str(repo)}}


@pytest.fixture
def disk():
    return Disk(FakeEngine(), lambda: None)


def test_volumes_and_layers_of_all_its_containers_count(disk):
    disk.look()
    assert (disk.used(1).volumes, disk.used(1).containers, disk.used(1).total) == (3 * GIB, 3 * GIB, 6 * GIB)
    assert disk.used(2).total == GIB and disk.used(3).total == 0


def test_only_what_runs_of_a_repository_over_its_limit_is_stopped(disk):
    disk.limit(DiskLimits(otherwise=5 * GIB, repos={2: 10 * GIB}))
    disk.look()
    assert disk.engine.stopped == ["a"]
    assert "uses 6.0 GiB of disk, over the limit of 5.0 GiB (volumes 3.0 GiB, containers 3.0 GiB)" in disk.full(1)
    assert disk.full(2) is None


def test_until_the_limits_are_known_nothing_is_stopped(disk):
    disk.look()
    assert disk.engine.stopped == [] and disk.full(1) is None


def test_a_raised_limit_holds_at_once(disk):
    disk.limit(DiskLimits(otherwise=5 * GIB))
    disk.look()
    disk.limit(DiskLimits(otherwise=5 * GIB, repos={1: 6 * GIB}))
    assert disk.full(1) is None


def test_a_stopped_app_is_shown_as_down_with_the_reason_and_stays_down():
    live = SimpleNamespace(container="a", repo=1, watch_until=0)
    liveness = Liveness(engine=SimpleNamespace(inspect=lambda _: inspected("exited")), records=None,
                        revival=None, changed=lambda: None, full=lambda repo: f"repository {repo} is full")
    liveness._judge("hello", live)       # bringing it up would count a try
    observed = liveness.observe(inspected("exited"))
    assert (observed.state, observed.reason) == ("down", "repository 1 is full") and not liveness._tries


def inspected(status):
    return {"Id": "a", "Config": {"Labels": {names.REPO: "1"}}, "State": {"Status": status}, "RestartCount": 0}


def test_its_end_is_no_crash(monkeypatch):
    live = SimpleNamespace(container="a", repo=1, watch_until=2**62, promoted=0)
    called = []
    watch = Watch(None, None, SimpleNamespace(all=lambda: [SimpleNamespace(app="hello", live=live)]), None, lambda: None,
                  full=lambda repo: "full")
    monkeypatch.setattr(Watch, "_cause", lambda *_: called.append(1))
    watch._died("a", "143")
    assert called == []


def test_a_quota_is_asked_for_where_the_engine_may_have_one():
    place = Place("inst", "inst-repo-7", "shield", cpus=4, disk=GIB)
    body = app_body(inputs(), IMAGE, place, {}, "name")
    assert body["HostConfig"]["StorageOpt"] == {"size": str(GIB)}
    assert "StorageOpt" not in app_body(inputs(), IMAGE, Place("inst", "n", None, cpus=4), {}, "name")["HostConfig"]
    found = {"Config": {"Hostname": "h"}, "HostConfig": body["HostConfig"], "Image": "x", "NetworkSettings": {"Networks": {}}}
    assert again(found)["HostConfig"]["StorageOpt"] == {"size": str(GIB)}


@pytest.mark.parametrize("driver, backing, quota", [("overlay2", "xfs", True), ("overlay2", "extfs", False), ("btrfs", None, True),
                                                    ("overlayfs", None, False)])
def test_which_engines_may_have_a_quota(driver, backing, quota, monkeypatch):
    engine = Engine("unix:///nowhere", "inst")
    status = [["Backing Filesystem", backing]] if backing else None
    monkeypatch.setattr(Engine, "api", SimpleNamespace(info=lambda: {"Driver": driver, "DriverStatus": status}))
    assert engine.has_quota is quota


def test_without_pquota_the_container_is_created_all_the_same(monkeypatch):
    engine, made = Engine("unix:///nowhere", "inst"), []

    def create(body, name):
        made.append(body)
        if "StorageOpt" in body["HostConfig"]:
            raise APIError("--storage-opt is supported only for overlay over xfs with 'pquota' mount option")
        return {"Id": "c0ffee"}
    monkeypatch.setattr(Engine, "api", SimpleNamespace(create_container_from_config=create))
    assert engine.create({"HostConfig": {"StorageOpt": {"size": "1"}, "Memory": 5}}, "name") == "c0ffee"
    assert made[1] == {"HostConfig": {"Memory": 5}} and engine.has_quota is False
