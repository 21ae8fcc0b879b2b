"""Lists of the real dbproxy, read to the last item by the client."""

from common.api.client import Dbproxy
from common.api.client.resource import MOST


def test_all_pages_are_read_to_the_last_item(world):
    db = Dbproxy(world.orchestrator)
    runs = [world.new_run(kind="scan", ref=f"branch-{number}")["id"] for number in range(MOST + 1)]
    assert [run.id for run in db.runs.all(repo=world.repo, sort="id")] == runs
    assert [run.id for run in db.runs.all(repo=world.repo, kind="scan")] == runs[::-1]
    assert list(db.runs.all(repo=world.repo, state="error")) == []
