"""docs/contracts.md tells what the code says: each table of it is up to date, and each route is in one."""

from flask import Flask

from cli.instance import ROOT
from common.api.base import Row
from dbproxy.service import FEATURES
from tests.contracts_page import models
from tests.contracts_page.page import PAGE, filled, names, tables
from tests.contracts_page.routes import routes


def test_the_page_is_up_to_date():
    assert filled(PAGE.read_text()) == PAGE.read_text(), "write its tables anew: python -m tests.contracts_page"


def test_the_page_has_every_table():
    assert names(PAGE.read_text()) == set(tables())


def test_the_routes_that_are_read_are_those_that_flask_serves():
    app = Flask("dbproxy")
    for feature in FEATURES:
        app.register_blueprint(feature.bp)
    served = {method for rule in app.url_map.iter_rules() if rule.endpoint != "static"
              for method in [f"{name} {rule.rule}" for name in rule.methods - {"HEAD", "OPTIONS"}]}
    assert len(routes(ROOT / "dbproxy")) == len(served)


def test_every_call_of_dbproxy_that_answers_json_answers_a_row():
    plain = {route.call for route in routes(ROOT / "dbproxy") if not route.answer and "GET" in route.methods}
    log, document = "/v1/log/{run}/{stage}.{attempt}", "/v1/images/{digest}/documents/{kind}"
    assert plain == {f"`GET {log}`", f"`GET {log}/text`", f"`GET {document}`"}


def test_a_row_says_what_may_be_null_and_what_it_adds_to_another():
    rows = dict(models.rows("runs"))
    assert rows["`RenewedLease`"] == "cancel_requested, fence, lease_until"
    assert rows["`RunWithJobs`"] == "as `Run`, jobs" and "key?" in rows["`Run`"]


def test_a_service_shows_its_own_settings_alone():
    assert models.settings("tester") == "nothing"
    assert models.settings("scanner").startswith("`WORKER_SLOTS` (`2`), `REGISTRY`") and "LOG_LEVEL" not in models.settings("scanner")


def test_all_rows_are_in_a_table():
    listed = sum(len(dict(models.rows(name))) for name in models.ROW_MODULES)
    defined = {row for row in _below(Row) if row.__module__.startswith("common.api.") and "[" not in row.__name__
               and row.__module__ != "common.api.base"}
    assert listed == len(defined)


def _below(kind):
    return {kind} | {found for part in kind.__subclasses__() for found in _below(part)}
