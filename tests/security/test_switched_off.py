"""S59: each check of the dashboard is switched off in a copy of it, and its unit tests must notice.

A check that can be taken out without a test failing is held by nothing.
"""

from __future__ import annotations

import pytest

from tests.security.switched import assert_passed, check, run

RIGHTS, CSRF, IDENTITY = "auth/rights.py", "auth/csrf.py", "auth/identity.py"
APP, HEADERS, SESSIONS = "service.py", "web/headers.py", "auth/sessions.py"

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
    "what is private": ("rights", RIGHTS, 'return None if repo.private else "read"', 'return "read"'),
    "an image of a repository that is not yours": ("rights", RIGHTS, "        if right_on(actor, repo) is not None:\n            return repo",
                                                   "        return repo"),
    "another site": ("signin", CSRF, "    _check_origin()\n", ""),
    "the token of a form": ("signin", CSRF, "if not fits(given, actor.secret_hash):", "if False:"),
    "whose form it is": ("signin", CSRF, 'b"csrf:" + secret_hash.encode()', 'b"csrf:"'),
    "a token past its end": ("signin", IDENTITY, 'if token.ends and', "if False and"),
    "an account that is disabled": ("ownership", IDENTITY, 'if account.disabled:', "if False:"),
    "wrong tokens without end": ("addresses", IDENTITY, '        bad_tokens.check(request.remote_addr or "")\n', ""),
    "an organisation that was left": ("github_people", RIGHTS, "    membership.check(actor)\n", ""),
    "a topic of another's repository": ("live_answers", "api/events.py", "for topic, repo in repos.items() if repo not in seen}",
                                        "for topic, repo in repos.items() if False}"),
    "a topic of what is private": ("live_answers", "auth/visible.py", "visible_to=None if actor.owner else actor.id", "visible_to=None"),
    "a topic of GitHub's": ("live_answers", "auth/visible.py", "at_forge.right(actor, repo) is not None", "True"),
    "a right that was taken away, in a stream of events": ("live_answers", "api/events.py", "live.streams(), seen)", "live.streams())"),
    "runs of another's repository": ("ownership", "api/runs.py", "if query.repo is not None and right_on(", "if False and right_on("),
    "runs of all repositories": ("ownership", "api/runs.py", "if query.repo is None and not current().owner:", "if False:"),
    "the list of repositories": ("rights", "api/repos.py", "**query.filters(), visible_to=current().id", "**query.filters()"),
    "another's token": ("ownership", "api/tokens.py", "    if token not in ", "    if False and token not in "),
    "another's session": ("ownership", "api/accounts.py", "    for found in own_sessions():\n        if found.id == session:",
                          "    for found in own_sessions():\n        if True:"),
    "a right that was taken away, in a stream": ("live_answers", "live/sse.py", "            if not allowed():\n", "            if False:\n"),
    "how many streams": ("live_answers", "live/sse.py", "    cap.check(actor.id)\n", ""),
    "S35 text is text": ("edge", APP, "    app.json.sort_keys = False\n", "    app.jinja_env.autoescape = False\n"),
    "S40 a parameter that nobody knows": ("edge", "api/inputs.py", 'ConfigDict(extra="forbid")', 'ConfigDict(extra="ignore")'),
    "S46 a request that drips": ("connections", "connections/guarded.py", "left = self._end - self._clock()", "left = 60"),
    "S46 half a form": ("edge", "web/whole.py", 'environ.pop("wsgi.input_terminated", None)', "pass"),
    "S46 how much half-sent requests hold": ("connections", "connections/waiting.py", "if self._total > self._most:", "if False:"),
    "S46 whose half-sent requests are cut": ("connections", "connections/waiting.py", "self._of[self._greediest()]",
                                             "self._of[next(iter(self._of))]"),
    "an account that its holder deletes": ("account", "api/accounts.py", '        _check_password("password", body.password)\n', "        pass\n"),
    "an account that an owner deletes": ("account", "api/accounts.py", "    if query.confirm != found.login:", "    if False:"),
    "S46 how large a body is": ("edge", APP, "MAX_CONTENT_LENGTH=MAX_BODY, ", ""),
    "S46 how many parts": ("edge", APP, "MAX_FORM_PARTS=100,", "MAX_FORM_PARTS=100_000,"),
    "S51 what is said of too many tries": ("signin", "auth/attempts.py", "if count >= self._limit and left > 0:", "if False:"),
    "S56 scripts of others": ("edge", HEADERS, "script-src 'self'; style-src 'self'", "script-src *; style-src 'self'"),
    "S56 inside a frame": ("edge", HEADERS, "base-uri 'none'; frame-ancestors 'none'", "base-uri 'none'"),
    "S56 guessed types": ("edge", HEADERS, 'policy(),\n    "X-Content-Type-Options": "nosniff",\n', "policy(),\n"),
    "S56 a cookie that scripts read": ("signin", SESSIONS, "max_age=DAYS * 86400, httponly=True", "max_age=DAYS * 86400"),
    "S56 a cookie that other sites send": ("signin", SESSIONS, '86400, httponly=True, samesite="Lax"', "86400, httponly=True"),
    "S58 a trace": ("edge", "web/errors.py", "\"an unexpected error; the service's log has it under this id\"",
                    '__import__("traceback").format_exc()'),
    "S61 a short secret": ("signin", "settings.py", "if len(value.get_secret_value()) < 24:", "if False:"),
    "S61 a secret by default": ("signin", "settings.py", "secret_key: SecretStr  ", 'secret_key: SecretStr = SecretStr("x" * 24)  '),
}


def of(tests: str) -> str:
    return f"unit/dashboard/test_{tests}.py"


def test_with_every_check_on_they_pass(tree):
    """The control: in a copy as such nothing fails."""
    assert_passed(run(tree, *sorted({of(tests) for tests, *_ in CHECKS.values()})))


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_that_is_off_is_noticed(tree, name):
    tests, file, on, off = CHECKS[name]
    check(tree, f"dashboard/{file}", on, off, of(tests))
