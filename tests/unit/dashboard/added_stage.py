"""How the dashboard shows a stage `sign` between test and promote (test_added_stage.py)."""

import re

import pytest


@pytest.fixture
def run(people, world):
    made = world.add_run(people.repo["id"])
    for stage in ("build", "sign"):
        world.add_job(made["id"], stage, lines=["signed"])
    return made["id"]


def test_it_is_drawn_on_the_rail_of_the_run(people, run):
    page = people.browser("ros").get(f"/runs/{run}").text
    assert re.findall(r'<li class="stage-([a-z]+) ', page) == ["build", "scan", "deploy", "test", "sign", "promote"]
    assert f'href="/runs/{run}/sign.1"' in page


def test_the_style_sheet_places_it(people):
    client = people.browser("ros")
    sheet = client.get(re.search(r'/static/[^"]+/css/pages.css', client.get("/repos").text)[0]).text
    assert "repeat(5, " in sheet and ".rail .stage-sign { grid-column: 4; grid-row: 1; }" in sheet
    assert ".rail .stage-scan { grid-column: 2 / span 3; grid-row: 2; }" in sheet


def test_the_list_of_runs_has_a_column_for_it(people, run):
    page = people.browser("ros").get("/repos/local/acme/shop").text
    assert '<th class="stage">Sign</th>' in page and f'href="/runs/{run}/sign.1"' in page


def test_its_kind_has_a_button(people):
    assert 'name="kind" value="sign"' in people.browser("wes").get("/repos/local/acme/shop").text


def test_its_log_has_a_page_and_an_address_in_the_api(people, run):
    assert people.browser("ros").get(f"/runs/{run}/sign.1").status_code == 200
    lines = people.browser().get(f"/api/v1/runs/{run}/jobs/sign.1/lines", headers=people.token("ros")).json["lines"]
    assert [line[3] for line in lines] == ["signed"]


def test_the_api_describes_it(people):
    document = str(people.browser().get("/api/v1/openapi.json").json)
    assert "'enum': ['build', 'scan', 'deploy', 'test', 'sign', 'promote']" in document
    assert "'enum': ['full', 'build', 'scan', 'deploy', 'test', 'sign']" in document
