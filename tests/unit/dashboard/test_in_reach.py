"""What a page is about stays on it: the live deployment, the filters, the branch, and a link to each commit and image."""

import re

from dashboard.api.deployments import TAIL

R = "/repos/local/acme/shop"
FULL = "3f2a1c" + "0" * 34


def test_the_live_deployment_stays_behind_any_number_of_newer_ones(people, world):
    world.deployments[1] = {"id": 1, "repo": people.repo["id"], "run": 1, "state": "live"}
    people.repo["live"] = {"id": 1, "run": 1, "url": "http://shop.localhost"}
    for number in range(2, 40):
        world.deployments[number] = {"id": number, "repo": people.repo["id"], "run": number, "state": "failed"}
    page = people.browser("ada").get(R + "/deployments").text
    assert "Memory" in page and "/deployments/1/log" in page and 'data-dialog href="/deployments/1/stop"' in page
    assert "Stop" not in people.browser("wes").get(R + "/deployments").text


def test_kinds_are_those_of_the_chosen_branch(people, world):
    world.kinds["deploy"], world.kinds_of["next"] = None, {"deploy": "next has no image yet"}
    client = people.browser("wes")
    disabled = lambda query: re.findall(r'value="(\w+)"[^>]* disabled', client.get(R + query).text)      # noqa: E731
    assert disabled("") == [] and disabled("?on=main") == [] and disabled("?on=next") == ["deploy"]
    assert disabled("?ref=next") == ["deploy"]
    assert re.findall("<option selected>([^<]+)", client.get(R + "?on=next").text) == ["next"] * 2      # the second without scripts
    assert "on=next&amp;state=success" in client.get(R + "?on=next").text


def test_a_branch_that_the_forge_does_not_name_is_offered_all_the_same(people, world):
    assert "<option selected>gone</option>" in people.browser("wes").get(R + "?on=gone").text
    for login in ("wes", "ros"):      # beside the select, and for who has none above the page
        answer = people.browser(login).get(R + "?on=--upload-pack=x")
        assert answer.status_code == 400 and answer.text.count("be a branch or tag") == 1
    assert "ref=--upload" not in str(world.calls)


def live(page: str, name: str) -> str:
    """That part of the page which a search replaces."""
    return re.search(rf'<(\w+)[^>]* id="{name}"[^>]* data-live.*?</\1>', page, re.DOTALL)[0]


def test_what_was_typed_stays_when_a_state_is_pressed(people):
    assert 'href="/repos?q=sho&amp;state=live"' in live(people.browser("ann").get("/repos?q=sho").text, "states")


def test_the_file_of_the_audit_log_is_of_what_is_shown(people):
    page = people.browser("ann").get("/audit?actor=ann&action=run.start").text
    assert "format=csv&amp;actor=ann&amp;action=run.start" in live(page, "csv")


def test_a_search_keeps_which_findings_are_shown(people, world):
    run = world.add_run(people.repo["id"])["id"]
    world.findings[run] = {"findings": []}
    world.add_job(run, "scan")
    page = people.browser("ros").get(f"/runs/{run}/findings?new=true&waived=false").text
    form = page[page.index("data-search"):page.index("</form>", page.index("data-search"))]
    assert re.findall('type="hidden" name="([a-z]+)" value="([a-z]+)"', form) == [("new", "true"), ("waived", "false")]


def test_commits_lead_to_their_runs(people, world):
    run = world.add_run(people.repo["id"])["id"]
    world.deployments[1] = {"id": 1, "repo": people.repo["id"], "run": run, "state": "live", "commit": FULL,
                            "digest": "sha256:" + "a" * 64}
    other = world.add_run(people.repo["id"], commit="7" * 40)["id"]
    client = people.browser("ros")
    for path in ("/repos", R, f"/runs/{run}", R + "/deployments"):
        text = client.get(path).text
        assert f'href="{R}?commit={FULL}"' in text or f'href="{R}?commit={"7" * 40}"' in text, path
    page = client.get(f"{R}?commit={FULL}").text
    assert f'id="run-{run}"' in page and f'id="run-{other}"' not in page and 'aria-label="Any commit"' in page
    assert "No such run" in client.get(f"{R}?commit={'8' * 40}").text
    assert client.get(f"{R}?commit=xyz").status_code == 400


def test_commits_of_github_lead_there(ours):
    ours.world.add_run(ours.site["id"])
    assert f'href="https://github.example/acme/site/commit/{FULL}"' in ours.browser("ann").get("/repos/github/acme/site").text


def test_digests_lead_to_the_artifacts_of_their_run(people, world):
    digest = "sha256:" + "a" * 64
    world.deployments[1] = {"id": 1, "repo": people.repo["id"], "run": 12, "state": "live", "digest": digest}
    people.repo["live"] = {"id": 1, "run": 12, "digest": digest}
    client = people.browser("ros")
    for path in (R, R + "/deployments", "/deployments/1/log"):
        assert f'title="{digest}" href="/runs/12/artifacts">{"a" * 12}<' in client.get(path).text, path


def plain(people):
    """A browser that said that it runs no scripts."""
    client = people.browser("ros")
    client.set_cookie("plain", "1")
    return client


def test_a_runtime_log_is_read_without_scripts(people, world):
    world.deployments[7] = {"id": 7, "repo": people.repo["id"], "run": 1, "state": "live"}
    page = plain(people).get("/deployments/7/log").text
    assert re.findall('<span class="tx">([^<]*)', page) == ["hello", "bye"] and 'href="#L1"' in page
    assert f"tail={TAIL}" in next(path for name, _, path in world.calls if name == "deployer")
    other = people.browser("ros").get("/deployments/7/log").text
    assert "hello" not in other and "/plain?next=%2Fdeployments%2F7%2Flog" in other


def test_a_runtime_log_says_why_it_is_not_there(people, world):
    world.deployments[7] = {"id": 7, "repo": people.repo["id"], "run": 1, "state": "live"}
    world.down.add("deployer")
    answer = plain(people).get("/deployments/7/log")
    assert answer.status_code == 200 and "Deployer does not answer" in answer.text
