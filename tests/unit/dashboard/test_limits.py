"""The limits: owners change them on a page and by the API, the people of a repository see them."""

import re

import pytest

from tests.unit.dashboard.world import csrf_of

R = "/repos/local/acme/shop"
GIB = 1024**3


def post(client, path, **fields):
    return client.post(path, data={"csrf": csrf_of(client), **fields})


def test_an_owner_sets_them_as_a_file_writes_them(people, world):
    client = people.browser("ann")
    answer = post(client, "/admin/limits", memory="2g", timeout="90m", fail_on="high", cpus="", keep="3")
    assert answer.status_code == 303 and answer.headers["Location"] == "/admin/limits"
    assert world.limits[None] == {"memory": 2 * GIB, "timeout": 5400, "fail_on": "high", "keep": 3}
    assert world.audit[0]["action"] == "limits.change" and "memory=2g" in world.audit[0]["detail"]
    page = client.get("/admin/limits").text
    assert 'value="2g"' in page and 'value="90m"' in page and re.search("<option selected>high", page)


def test_an_empty_field_restores_the_default(people, world):
    world.limits[None] = {"keep": 3}
    post(people.browser("ann"), "/admin/limits", keep="")
    assert world.limits[None] == {}


@pytest.mark.parametrize("name, value, said", [
    ("memory", "much", "a size is written like"), ("memory", "1000g", "this machine has"), ("timeout", "90", "a duration is written"),
    ("keep", "51", "50 or less"), ("fail_on", "mild", "critical"), ("waiver_days", "x", "whole number")])
def test_a_value_that_does_not_fit_is_told_beside_it(people, world, name, value, said):
    answer = post(people.browser("ann"), "/admin/limits", **{name: value, "pids": "100"})
    assert answer.status_code == 400
    assert re.search(rf'name="{name}".*?<span class="at" role="alert">[^<]*{said}', answer.text, re.DOTALL), answer.text
    assert 'value="100"' in answer.text and not world.limits.get(None)      # what was typed is kept, nothing is saved


def test_an_owner_overrides_them_for_a_repository(people, world):
    world.limits[None] = {"pids": 100}
    answer = post(people.browser("ann"), R + "/settings/limits", pids="300", memory="")
    assert answer.headers["Location"] == R + "/settings#limits"
    assert world.limits[people.repo["id"]] == {"pids": 300} and world.limits[None] == {"pids": 100}
    assert world.audit[0]["object"] == "acme/shop"
    wrong = post(people.browser("ann"), R + "/settings/limits", pids="1")
    assert wrong.status_code == 400 and "16 or more" in wrong.text


def test_an_admin_of_the_repository_sees_them_and_cannot_change_them(people, world):
    world.limits[people.repo["id"]] = {"pids": 321}
    client = people.browser("ada")
    page = client.get(R + "/settings").text
    assert "321" in page and "An owner of the installation can change" in page and 'name="pids"' not in page
    assert post(client, R + "/settings/limits", pids="4000").status_code == 403
    assert client.get("/admin/limits").status_code == 403
    headers = people.token("ada")
    api = f"/api/v1/repos/{people.repo['id']}/limits"
    assert people.browser().get(api, headers=headers).json["limits"]["pids"] == 321
    for path in (api, "/api/v1/limits"):
        assert people.browser().patch(path, json={"pids": 4000}, headers=headers).status_code == 403
    assert world.limits[people.repo["id"]] == {"pids": 321}


def test_the_api_takes_both_notations_and_answers_numbers(people, world):
    headers = people.token("ann")
    answer = people.browser().patch("/api/v1/limits", json={"memory": "1g", "timeout": 600, "keep": None}, headers=headers)
    assert answer.status_code == 200, answer.text
    assert (answer.json["limits"]["memory"], answer.json["limits"]["timeout"]) == (GIB, 600)
    assert answer.json["set"] == {"memory": GIB, "timeout": 600}


def test_the_check_of_a_file_refuses_a_value_over_its_limit(people, world):
    world.limits[people.repo["id"]] = {"memory": GIB}
    world.files[".continuum.yml"] = "deploy:\n  memory: 2g\n"
    answer = people.browser().get(f"/api/v1/repos/{people.repo['id']}/config", headers=people.token("ada")).json
    assert answer["valid"] is False and answer["errors"][0]["line"] == 2 and "over the limit of 1g" in answer["errors"][0]["message"]


def test_the_disk_in_use_stands_beside_its_limit(people, world):
    world.limits[people.repo["id"]] = {"disk": 4 * GIB}
    assert "3.0 GiB of 4.0 GiB" in people.browser("ada").get(R + "/settings").text
    answer = people.browser().get(f"/api/v1/repos/{people.repo['id']}/disk", headers=people.token("ada")).json
    assert (answer["total"], answer["limit"]) == (3 * GIB + 2**20, 4 * GIB)


def test_the_page_stands_while_disk_use_is_not_known(people, world):
    world.down.add("orchestrator")
    page = people.browser("ada").get(R + "/settings")
    assert page.status_code == 200 and "Disk use is not known now" in page.text and "Kept versions" in page.text
