"""S59: each permission check is switched off in a copy of the dashboard, and its unit tests must notice.

A check that can be taken out without a test failing is held by nothing.
"""

from __future__ import annotations

import pytest

from tests.security import switched

COPIED = ("common", "dashboard", "tests/unit/dashboard", "pytest.ini")
RIGHTS, CSRF, IDENTITY = "auth/rights.py", "auth/csrf.py", "auth/identity.py"

# name -> (the tests that hold it, file, what stands there, what stands there instead)
CHECKS = {
    "a route that declares no right": ("rights", RIGHTS, "if right is None:", "if False:"),
    "where a write comes from": ("signin", RIGHTS, "        csrf.check()\n", ""),
    "nobody is signed in": ("rights", RIGHTS, "    actor = current()\n", "    actor = g.get('actor')\n"
                            "    if actor is None:\n        return None\n"),
    "a repository is not yours to see": ("rights", RIGHTS, "    if g.right is None:\n        raise NotFound(UNKNOWN)\n",
                                         "    g.right = g.right or 'read'\n"),
    "a right that does not reach": ("rights", RIGHTS, "if ON_REPO.index(g.right) < ON_REPO.index(right):", "if False:"),
    "what is for owners": ("rights", RIGHTS, 'if right == "owner" and not actor.owner:', "if False:"),
    "a token's scope": ("rights", RIGHTS, "if not actor.reaches(needed):", "if False:"),
    "what is private": ("rights", RIGHTS, 'return None if repo.get("private", True) else "read"', 'return "read"'),
    "an image of a repository that is not yours": ("rights", RIGHTS, "        if right_on(actor, repo) is not None:\n            return repo",
                                                   "        return repo"),
    "another site": ("signin", CSRF, "    _check_origin()\n", ""),
    "the token of a form": ("signin", CSRF, "if not fits(given, actor.secret_hash):", "if False:"),
    "whose form it is": ("signin", CSRF, 'b"csrf:" + secret_hash.encode()', 'b"csrf:"'),
    "a token past its end": ("signin", IDENTITY, 'if token.get("ends") and', "if False and"),
    "an account that is disabled": ("ownership", IDENTITY, 'if found.get("disabled"):', "if False:"),
    "wrong tokens without end": ("addresses", IDENTITY, '        bad_tokens.check(request.remote_addr or "")\n', ""),
    "an organisation that was left": ("github_people", RIGHTS, "    membership.check(actor)\n", ""),
    "a topic of another's repository": ("rights", "api/events.py", "    if right is None:\n", "    if False:\n"),
    "runs of another's repository": ("ownership", "api/runs.py", "if query.repo is not None and right_on(", "if False and right_on("),
    "runs of all repositories": ("ownership", "api/runs.py", "if query.repo is None and not current().owner:", "if False:"),
    "the list of repositories": ("rights", "api/repos.py", '**wanted, "visible_to": current().id}', "**wanted}"),
    "another's token": ("ownership", "api/tokens.py", "    if token not in ", "    if False and token not in "),
    "another's session": ("ownership", "api/accounts.py", "    for found in own_sessions():\n        if found.id == session:",
                          "    for found in own_sessions():\n        if True:"),
    "a right that was taken away, in a stream": ("live_answers", "live/sse.py", "            if not allowed():\n", "            if False:\n"),
    "how many streams": ("live_answers", "live/sse.py", "    cap.check(actor.id)\n", ""),
}
OF_DASHBOARD = {name: switched.Check(f"unit/dashboard/test_{tests}.py", f"dashboard/{file}", on, off)
                for name, (tests, file, on, off) in CHECKS.items()}


@pytest.fixture(scope="module")
def said(request, tmp_path_factory):
    with switched.begun(tmp_path_factory.mktemp("copies"), COPIED, OF_DASHBOARD, switched.asked_for(request)) as found:
        yield found


def test_with_every_check_on_they_pass(said):
    """The control: in a copy as such nothing fails."""
    done = said[switched.CONTROL].result()
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_that_is_off_is_noticed(said, name):
    done = said[name].result()
    assert done.returncode == 1 and "FAILED" in done.stdout, f"{name}: nothing notices\n{done.stdout[-2000:]}"
