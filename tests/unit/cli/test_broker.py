"""The users of the broker: a password in clear is in no file, and the same settings give the same files."""

import json
import re
import stat

import pytest

from cli import broker, envfile
from cli.instance import ROOT, Instance
from common.wire import broker as names

RIGHTS = json.loads((ROOT / broker.SOURCE / broker.DEFINITIONS).read_text())


@pytest.fixture
def instance(tmp_path):
    (tmp_path / "dbproxy").symlink_to(ROOT / "dbproxy")
    instance = Instance(root=tmp_path)
    instance.prepare()
    return instance


@pytest.fixture
def values():
    return {user["password_from"]: f"the password of {user['name']}" for user in RIGHTS["users"]}


def test_the_same_settings_give_the_same_files(instance, values):
    digest = broker.write(instance, values)
    assert broker.write(instance, values) == digest
    assert broker.write(instance, {**values, "BUILDER_RABBITMQ_PASSWORD": "another"}) != digest


def test_only_the_hash_of_the_changed_password_is_new(instance, values):
    path = instance.state_dir / "rabbitmq" / "definitions.json"
    hashes = lambda: {user["name"]: user["password_hash"] for user in json.loads(path.read_text())["users"]}      # noqa: E731
    broker.write(instance, values)
    before = hashes()
    broker.write(instance, {**values, "BUILDER_RABBITMQ_PASSWORD": "another"})
    assert {name for name, hashed in hashes().items() if hashed != before[name]} == {"builder"}


def test_no_file_has_a_password_and_the_broker_may_read_all(instance, values):
    broker.write(instance, values)
    files = list((instance.state_dir / "rabbitmq").iterdir())
    assert {path.name for path in files} == {"definitions.json", "continuum.conf"}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o644 for path in files)
    assert not any(password in path.read_text() for path in files for password in values.values())


def test_each_service_on_the_bus_has_a_user_and_nobody_administers():
    assert {user["name"] for user in RIGHTS["users"]} == {*envfile.ON_THE_BUS, "continuum"}
    assert {tag for user in RIGHTS["users"] for tag in user["tags"]} == {"monitoring"}
    assert {item["user"] for item in RIGHTS["permissions"]} == {user["name"] for user in RIGHTS["users"]}


def test_a_worker_writes_lines_of_its_own_stages(values):
    topics = broker.definitions(RIGHTS, values, {})["topic_permissions"]
    assert {item["user"]: item["write"] for item in topics if item["write"] != "^$"} == {
        "builder": r"^log\.[0-9]+\.build$", "scanner": r"^log\.[0-9]+\.scan$", "tester": r"^log\.[0-9]+\.test$",
        "deployer": r"^log\.[0-9]+\.(deploy|promote)$"}


def test_the_rights_fit_the_names_of_the_broker():
    of = {item["user"]: item for item in RIGHTS["permissions"]}
    for name in (names.EXCHANGE, names.STORE_QUEUE, names.DEAD_EXCHANGE, names.DEAD_QUEUE):
        assert re.search(of["dbproxy"]["configure"], name)
    assert {item["exchange"] for item in RIGHTS["topic_permissions"]} == {names.EXCHANGE}
