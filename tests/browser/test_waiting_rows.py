"""Nothing jumps: what is new in a list waits until one asks for it."""

from playwright.sync_api import expect

from tests.browser.addresses import of_repo
from tests.browser.repos import quiet


def test_new_runs_wait_behind_a_button(page, stack):
    repo = stack.repo_of(quiet(), "parked")
    first = stack.wait(repo.run("build")["id"])["id"]
    page.goto(of_repo(repo))
    rows, button = page.locator("#runs tbody tr"), page.locator("[data-parked] button")
    expect(rows).to_have_count(1)
    second = stack.api.post(f"/repos/{repo.id}/runs", {"kind": "build"})["id"]
    expect(button).to_have_text("1 new run")
    expect(rows).to_have_count(1)
    assert rows.first.get_attribute("id") == f"run-{first}"
    stack.wait(second)
    stack.api.post(f"/repos/{repo.id}/runs", {"kind": "scan"})
    expect(button).to_have_text("2 new runs")
    button.click()
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_have_attribute("id", f"run-{second}")
    expect(button).to_be_hidden()


def test_a_repository_that_runs_stays_where_it_is(page, stack):
    owner = stack.repo_of(quiet(), "one")
    other = stack.repo_of(quiet(), "two")
    for repo in (owner, other):
        stack.wait(repo.run("build")["id"])
    page.goto("/repos")
    order = [row.get_attribute("id") for row in page.locator("#repos tbody tr").all()]
    assert order.index(f"repo-{other.id}") < order.index(f"repo-{owner.id}")
    number = stack.wait(owner.run("build")["id"])["id"]
    expect(page.locator(f"#repo-{owner.id} a.state")).to_have_attribute("href", f"/runs/{number}")
    assert [row.get_attribute("id") for row in page.locator("#repos tbody tr").all()] == order


def test_a_stage_in_the_list_opens_its_log(page, stack, lived):
    page.goto(of_repo(lived))
    row = page.locator("#runs tbody tr").last
    expect(row.locator("td.stage a")).to_have_count(5)
    row.locator("[data-label=test] a").click()
    page.wait_for_url("**/test.1")
