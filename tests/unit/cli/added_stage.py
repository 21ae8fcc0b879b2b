"""What the command line knows of a stage `sign` of the tester (test_added_stage.py)."""

import json

from click.testing import CliRunner

from cli import broker
from cli.commands import runs
from cli.instance import ROOT


def test_its_kind_can_be_run():
    assert "[full|build|scan|deploy|test|sign]" in CliRunner().invoke(runs.run, ["--help"]).output


def test_its_worker_may_publish_its_lines():
    rights = json.loads((ROOT / broker.SOURCE / broker.DEFINITIONS).read_text())
    made = broker.definitions(rights, {user["password_from"]: "secret" for user in rights["users"]}, {})
    assert [topic["write"] for topic in made["topic_permissions"] if topic["user"] == "tester"] == [
        r"^log\.[0-9]+\.(test|sign)$"]
