"""Owners' limits: the machine's defaults, over them the installation's, over these a repository's own."""

import pytest

from common.wire import machine
from common.wire.contracts import Limits
from common.wire.errors import BadRequest, Forbidden, NotFound
from tests.harness.dates import in_days

ACTOR = {"actor": "ann"}


@pytest.fixture
def limits(world):
    """Change limits of the installation; they are put back."""
    def change(path="/v1/limits", **values):
        return world.dashboard.patch(path, {**values, **ACTOR})
    yield change
    world.dashboard.patch("/v1/limits", {**dict.fromkeys(Limits.model_fields), **ACTOR})


def of_repo(world, repo: int) -> dict:
    return world.orchestrator.get(f"/v1/repos/{repo}/limits")["limits"]


def test_where_nothing_is_set_the_machine_decides(world):
    answer = world.dashboard.get("/v1/limits")
    assert answer["set"] == {} and answer["limits"] == answer["otherwise"] == Limits().model_dump()


def test_a_repositorys_own_limit_goes_before_the_installations(world, limits):
    other, path = world.new_repo()["id"], f"/v1/repos/{world.repo}/limits"
    limits(pids=100, keep=2)
    assert limits(path, pids=300)["set"] == {"pids": 300}
    assert (of_repo(world, world.repo)["pids"], of_repo(world, world.repo)["keep"]) == (300, 2)
    assert of_repo(world, other)["pids"] == 100
    assert limits(path, pids=None)["set"] == {} and of_repo(world, world.repo)["pids"] == 100
    limits(pids=None)
    assert of_repo(world, other)["pids"] == Limits().pids


def test_memory_is_never_above_the_machines(world, limits):
    for path in ("/v1/limits", f"/v1/repos/{world.repo}/limits"):
        with pytest.raises(BadRequest, match="^memory: this machine has"):
            limits(path, memory=machine.memory() + 1)
    with pytest.raises(BadRequest, match="^disk: this machine has"):
        limits(disk=machine.disk() + 1)
    world.sql("INSERT INTO limits (repo, name, value, set_by) VALUES (NULL, 'memory', '1099511627776000', 'a larger machine')")
    assert of_repo(world, world.repo)["memory"] == machine.memory()


@pytest.mark.parametrize("values", [{"memory": 1}, {"pids": 1}, {"timeout": "1s"}, {"keep": 0}, {"cpus": 0}, {"waiver_days": 0},
                                    {"fail_on": "mild"}, {"size": 3}])
def test_a_limit_that_makes_no_sense_is_refused(limits, values):
    with pytest.raises(BadRequest, match=next(iter(values))):
        limits(**values)


def test_a_waiver_lasts_no_longer_than_the_limit(world, limits):
    limits(f"/v1/repos/{world.repo}/limits", waiver_days=30)
    waiver = {"vulnerability": "CVE-2026-0009", "reason": "not reachable", **ACTOR}
    with pytest.raises(BadRequest, match="^until: a waiver may last until .* an owner of the installation can change"):
        world.dashboard.post(f"/v1/repos/{world.repo}/waivers", {**waiver, "until": in_days(32)})
    assert world.dashboard.post(f"/v1/repos/{world.repo}/waivers", {**waiver, "until": in_days(29)})["id"]


def test_only_the_dashboard_changes_them(world):
    with pytest.raises(Forbidden):
        world.orchestrator.patch("/v1/limits", {"keep": 50, **ACTOR})
    with pytest.raises(NotFound):
        world.dashboard.patch("/v1/repos/999999999/limits", {"keep": 3, **ACTOR})
    assert world.sql("SELECT has_table_privilege('reader', 'limits', 'INSERT')")[0][0] is False


def test_they_go_with_their_repository(world, limits):
    repo = world.new_repo()["id"]
    limits(f"/v1/repos/{repo}/limits", keep=3)
    world.orchestrator.delete(f"/v1/repos/{repo}", json=ACTOR)
    assert world.sql(f"SELECT count(*) FROM limits WHERE repo = {repo}")[0][0] == 0


def test_images_that_nothing_needs(world):
    """Not those of a deployment that serves or is kept, of a run that is not over, nor the newest."""
    def built(letter, *, serves=False, ends=True):
        run = world.claimed_run(ref=f"branch-{letter}", commit=letter * 40)
        image = {"repository": "apps/ann/y", "digest": f"sha256:{letter * 64}"}
        world.put_job(run, "build.1", "success" if ends else "running", outputs={"image": image})
        if serves:
            world.orchestrator.post("/v1/deployments", {**image, "fence": run["fence"], "run": run["id"], "repo": world.repo,
                                                        "commit": run["commit"], "actor": "ann"})
        if ends:
            world.change(run, state="success", reason="")
        return image
    built("1", serves=True)
    old, _, _ = built("2"), built("3"), built("4", ends=False)
    assert len(world.orchestrator.get(f"/v1/repos/{world.repo}/images")["images"]) == 4
    images = world.orchestrator.get(f"/v1/repos/{world.repo}/images", params={"unused": "true"})["images"]
    assert images == [old]
