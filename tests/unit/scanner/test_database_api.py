"""`./continuum db import` by way of HTTP: signed, streamed to disk, bounded."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from pydantic import BaseModel

from common.secrets.tokens import Signer, new_key
from common.worker.app import WorkerSettings, create_worker
from common.worker.jobs import Stage
from scanner import database_api
from scanner.database import ArchiveRefused, Busy
from scanner.workspace import Workspace

ARCHIVE = gzip.compress(b"a database", mtime=0)      # a test is named after it: the same in each process


class FakeStore:
    def __init__(self):
        self.imported: list[tuple[str, bytes]] = []
        self.problem: Exception | None = None

    def status(self):
        return {"source": "imported", "valid": True}

    def import_file(self, path: Path):
        if self.problem:
            raise self.problem
        self.imported.append((path.name, path.read_bytes()))
        return self.status()


class Inputs(BaseModel):
    pass


@pytest.fixture
def store():
    return FakeStore()


@pytest.fixture
def client(store, tmp_path):
    keys = {name: new_key() for name in ("scanner", "dashboard", "orchestrator", "builder")}
    settings = WorkerSettings(service_key=keys["scanner"][0], rabbitmq_url="amqp://localhost",
                              service_public_keys=",".join(f"{name}={public}" for name, (_, public) in keys.items()),
                              spool_path=str(tmp_path / "spool.db"))
    app = create_worker("scanner", {"scan": Stage(lambda inputs, log, cancel: {}, Inputs)}, settings,
                        callers={"orchestrator", "dashboard"})
    workspace = Workspace(tmp_path / "scans")
    workspace.start()
    database_api.add_database_routes(app, store, workspace)

    def call(caller, method, path, **options):
        token = Signer(caller, keys[caller][0]).token("scanner")
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        return app.test_client().open(path, method=method, headers=headers, **options)

    call.workspace = workspace
    return call


@pytest.mark.parametrize(("body", "name"), [
    (ARCHIVE, "database.tar.gz"), (b"\x28\xb5\x2f\xfdrest", "database.tar.zst"), (b"\xfd7zXZ\0rest", "database.tar.xz"),
    (b"SQLite format 3\0rest", "database.db")])
def test_an_archive_is_imported_under_a_name_that_grype_takes(client, store, body, name):
    answer = client("dashboard", "POST", "/v1/database", data=body)
    assert (answer.status_code, answer.json) == (200, {"source": "imported", "valid": True})
    assert store.imported == [(name, body)]
    assert [path.name for path in client.workspace.own.iterdir()] == ["lock"]


@pytest.mark.parametrize("body", [b"", b"<html>not a database"])
def test_anything_else_is_refused(client, store, body):
    answer = client("dashboard", "POST", "/v1/database", data=body)
    assert (answer.status_code, answer.json["error"]) == (400, "archive_refused")
    assert store.imported == []


@pytest.mark.parametrize(("problem", "status"), [(ArchiveRefused("too old"), 400), (Busy("another import"), 409)])
def test_a_refusal_is_told(client, store, problem, status):
    store.problem = problem
    answer = client("orchestrator", "POST", "/v1/database", data=ARCHIVE)
    assert (answer.status_code, answer.json["detail"]) == (status, str(problem))
    assert [path.name for path in client.workspace.own.iterdir()] == ["lock"]


@pytest.mark.parametrize("chunked", [True, False])
def test_an_archive_is_bounded(client, store, monkeypatch, chunked):
    monkeypatch.setattr(database_api, "MAX_ARCHIVE", 10)
    options = {"environ_overrides": {"wsgi.input_terminated": True}, "headers": {"Transfer-Encoding": "chunked"}}
    answer = client("dashboard", "POST", "/v1/database", data=ARCHIVE, **(options if chunked else {}))
    assert answer.status_code == 413 and store.imported == []


def test_more_than_the_usual_bound_of_a_body_is_taken(client, store):
    body = ARCHIVE + bytes(33 * 1024**2)
    assert client("dashboard", "POST", "/v1/database", data=body).status_code == 200
    assert client("orchestrator", "PUT", "/v1/jobs/1.scan.1", data=body,
                  content_type="application/json").status_code == 413


def test_who_may_call(client):
    assert client("dashboard", "GET", "/v1/database").json["source"] == "imported"
    assert client("builder", "GET", "/v1/database").status_code == 403
    assert client("dashboard", "PUT", "/v1/jobs/1.scan.1", json={"fence": 1, "inputs": {}}).status_code == 403
    assert client("orchestrator", "PUT", "/v1/jobs/1.scan.1", json={"fence": 1, "inputs": {}}).status_code == 201
