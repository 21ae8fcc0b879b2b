"""S59: each permission check is switched off in a copy of the dashboard, and its unit tests must notice.

A check that can be taken out without a test failing is held by nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.instance import ROOT

COPIED = ("common", "dashboard", "tests/unit/dashboard")
LIMIT = 300      # seconds
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
    "a topic of another's repository": ("live_answers", "api/events.py", "for topic, repo in repos.items() if repo not in seen}",
                                        "for topic, repo in repos.items() if False}"),
    "a topic of what is private": ("live_answers", "auth/visible.py", '{"visible_to": actor.id}', "{}"),
    "a topic of GitHub's": ("live_answers", "auth/visible.py", "on_github.right(actor, repo) is not None", "True"),
    "a right that was taken away, in a stream of events": ("live_answers", "api/events.py", "live.streams(), seen)", "live.streams())"),
    "runs of another's repository": ("ownership", "api/runs.py", "if query.repo is not None and right_on(", "if False and right_on("),
    "runs of all repositories": ("ownership", "api/runs.py", "if query.repo is None and not current().owner:", "if False:"),
    "the list of repositories": ("rights", "api/repos.py", '**wanted, "visible_to": current().id}', "**wanted}"),
    "another's token": ("ownership", "api/tokens.py", "    if token not in ", "    if False and token not in "),
    "another's session": ("ownership", "api/accounts.py", "    for found in own_sessions():\n        if found.id == session:",
                          "    for found in own_sessions():\n        if True:"),
    "a right that was taken away, in a stream": ("live_answers", "live/sse.py", "            if not allowed():\n", "            if False:\n"),
    "how many streams": ("live_answers", "live/sse.py", "    cap.check(actor.id)\n", ""),
}


def copy(folder: Path) -> Path:
    """The dashboard with its unit tests, and nothing else."""
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    shutil.copy(ROOT / "tests/harness/__init__.py", folder / "tests/__init__.py")
    return folder


def unit_tests(folder: Path, *names: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:schemathesis",
                           *(f"tests/unit/dashboard/test_{name}.py" for name in names)], cwd=folder, capture_output=True, text=True, timeout=LIMIT,
                          stdin=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(folder)})


def test_with_every_check_on_they_pass(tmp_path):
    """The control: in a copy as such nothing fails."""
    done = unit_tests(copy(tmp_path), *sorted({tests for tests, *_ in CHECKS.values()}))
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_that_is_off_is_noticed(tmp_path, name):
    tests, file, on, off = CHECKS[name]
    path = copy(tmp_path) / "dashboard" / file
    text = path.read_text()
    assert text.count(on) == 1, f"{file} holds {on!r} {text.count(on)} times: this list is to follow it"
    path.write_text(text.replace(on, off))
    done = unit_tests(tmp_path, tests)
    assert done.returncode == 1 and "FAILED" in done.stdout, f"{name}: nothing notices\n{done.stdout[-2000:]}"
