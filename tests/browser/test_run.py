"""Stories 13, 14, 16 and 23: a run's page."""

from playwright.sync_api import expect

from tests.browser.addresses import of_repo
from tests.browser.repos import quiet
from tests.browser.visitor import Visitor

IMG = '<img src=x onerror="document.title=1">'


def test_a_branch_that_looks_like_html_runs_and_is_text(page, stack):
    """Story 13: git takes such a name, so its builds run, and it is text wherever it is shown."""
    branch = "x<img/src=x/onerror=document.title=1>"
    repo = stack.repo_of(quiet(), "odd")
    repo.push(f"main:refs/heads/{branch}")
    page.goto(of_repo(repo))
    page.get_by_label("Run on").select_option(branch)
    page.get_by_role("button", name="build", exact=True).click()
    page.wait_for_url("**/runs/*")
    assert [run["ref"] for run in repo.runs()] == [branch]
    for path in (page.url, of_repo(repo)):
        page.goto(path)
        expect(page.locator("h1")).to_be_visible()
        assert page.locator("main img").count() == 0 and page.title() != "1"
    assert stack.wait(repo.runs()[0]["id"])["state"] == "success"


def test_what_looks_like_html_is_text(page, stack):
    """Story 13: in a log line and a commit."""
    files = quiet()
    files["Dockerfile"] = files["Dockerfile"].replace("COPY app.py .", f"RUN printf '%s' '{IMG}'\nCOPY app.py .")
    repo = stack.repo_of(files, "markup")
    repo.write("more.txt", "more")
    repo.commit(IMG)
    repo.push("main")
    run = stack.wait(repo.run("build")["id"])
    for path, place in ((of_repo(repo), "#runs"), (f"/runs/{run['id']}", "#run-head"),
                        (f"/runs/{run['id']}/build.1", ".log .lines")):
        page.goto(path)
        expect(page.locator(place).get_by_text("<img src=x").first).to_be_visible()
        assert page.locator("main img").count() == 0 and page.title() != "1"


def test_a_failing_test_says_why_and_where(page, stack):
    """Story 14."""
    files = quiet()
    files[".continuum.yml"] = files[".continuum.yml"].replace("contains: version", "contains: something else")
    repo = stack.repo_of(files, "wrong")
    run = stack.wait(repo.run("full")["id"])
    assert run["state"] == "failure"
    page.goto(f"/runs/{run['id']}")
    expect(page.locator(".why h2")).to_contain_text("test")
    expect(page.locator(".rail .stage-promote")).to_contain_text("promote")
    line = page.locator(".why .no").last
    number = line.text_content()
    line.click()
    expect(page.locator(".log li.marked .no")).to_have_text([number])


def test_cancel_by_name_without_a_reload(page, stack, ticking):
    """Story 16, in the build."""
    run = ticking.build()
    stack.wait_stage(run, "build")
    page.goto(f"/runs/{run}")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#run-head .state").first).to_contain_text("canceled")
    expect(page.locator("#run-head")).to_contain_text(stack.api.settings["OWNER_LOGIN"])


def test_without_javascript_one_reads_what_an_app_prints(chromium, stack, lived):
    live = next(item["id"] for item in lived.deployments() if item["state"] == "live")
    with Visitor(chromium, stack.api.url, java_script_enabled=False) as plain:
        plain.sign_in(stack.api.settings["OWNER_LOGIN"], stack.api.settings["OWNER_PASSWORD"])
        plain.page.goto(f"/deployments/{live}/log")
        expect(plain.page.locator(".log .lines .tx")).to_have_text(["starting 0", "starting 1"])
        expect(plain.page.locator("main noscript .notice")).to_contain_text("The last 2 lines, as of now")


def test_without_javascript_one_reads_and_runs(chromium, stack, ticking):
    """Story 23."""
    with Visitor(chromium, stack.api.url, java_script_enabled=False) as plain:
        plain.sign_in(stack.api.settings["OWNER_LOGIN"], stack.api.settings["OWNER_PASSWORD"])
        page = plain.page
        ticking.refresh()
        page.goto(f"/repos?q={ticking.owner}")
        expect(page.locator("#repos tbody tr")).to_have_count(1)
        page.goto(of_repo(ticking))
        page.get_by_role("button", name="build").click()
        run = int(page.locator("#run-head").get_attribute("data-run"))
        stack.wait(run)
        page.goto(f"/runs/{run}/build.1")
        expect(page.locator(".log .lines li").first).to_be_visible()
        expect(page.locator(".log .lines")).to_contain_text("fetching")
