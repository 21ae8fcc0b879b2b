"""The pages that the real dbproxy answers, read to the last item by common/service/paging.py. Unit tests hold their fakes to the same."""

from common.service.paging import MOST, each


def test_all_pages_are_read_to_the_last_item(world):
    runs = [world.new_run(kind="scan", ref=f"branch-{number}")["id"] for number in range(MOST + 1)]
    assert [run["id"] for run in each(world.orchestrator, "/v1/runs", repo=world.repo, sort="id")] == runs
    assert [run["id"] for run in each(world.orchestrator, "/v1/runs", repo=world.repo, kind="scan")] == runs[::-1]
    assert list(each(world.orchestrator, "/v1/runs", repo=world.repo, state="error")) == []
