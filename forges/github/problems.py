"""What can be wrong with an answer of GitHub, each with the next step.

    Problem (common.wire.errors)
    |-- Unavailable
    |   |-- Away          no connection, or none that may be
    |   |-- Slow          no answer in time
    |   |-- Broken        it answered 5xx
    |   `-- NotTheApi     it answered something else than JSON: a wrong address, or a proxy in between
    |-- RateLimited       the hourly limit is used up, or GitHub asks for quiet; `retry_after` says how long
    |-- Unauthorized      the token is not accepted (any more), or the App's installation is suspended
    |-- Forbidden         not with these rights; NeedsScope: not with this token's scopes
    |-- NotFound          not there, or not for these eyes
    `-- BadRequest, Conflict, TooLarge
"""

from __future__ import annotations

import re

from common.wire.errors import BadRequest, Conflict, Forbidden, NotFound, Problem, Unauthorized, Unavailable

from .reply import Reply

LONGEST = 300        # characters of GitHub's own words
SUSPENDED = "app_suspended"
WRITES = {"POST", "PUT", "PATCH", "DELETE"}


class Away(Unavailable):
    error = "forge_away"


class Slow(Unavailable):
    error = "forge_slow"


class Broken(Unavailable):
    error = "forge_broken"


class NotTheApi(Unavailable):
    error = "forge_not_api"


class RateLimited(Problem):
    status, error = 429, "forge_rate_limited"

    def __init__(self, detail: str, retry_after: float):
        super().__init__(detail)
        self.retry_after = max(1, round(retry_after))


class NeedsScope(Forbidden):
    error = "needs_scope"


def of_answer(reply: Reply, host: str) -> Problem:
    """The problem that an answer of 400 or more is. Rate limits are judged elsewhere (rate.py)."""
    status, said = reply.status, message(reply)
    if reply.is_page and status < 500:
        return NotTheApi(f"{host} answered {status} with a page for people: see whether GITHUB_URL and GITHUB_API_URL "
                         "are right, and whether a proxy stands between")
    if status == 401:
        return Unauthorized(f"{host} does not accept the token any more (revoked, or past its end): sign in again",
                            error="forge_token_refused")
    if status >= 500:
        return Broken(f"{host} answered {status}: it has a problem of its own; try again in some minutes")
    scope = missing_scope(reply)
    if scope and status in (403, 404):
        return NeedsScope(f"{host} asks for the right {scope!r}, which was not given: sign in again and grant it")
    return _BY_STATUS.get(status, _refused)(reply, host, said)


def message(reply: Reply) -> str:
    """GitHub's own words, cut; empty where there are none."""
    try:
        body = reply.json()
    except ValueError:
        return ""
    if not isinstance(body, dict):
        return ""
    parts = [body.get("message"), *(_error(item) for item in body.get("errors") or [])]
    return re.sub(r"\s+", " ", "; ".join(str(part) for part in parts if part))[:LONGEST]


def missing_scope(reply: Reply) -> str | None:
    """The scope that a change asks for and the token lacks. Of a read nothing is told: it would tell what is there."""
    accepted, had = reply.headers.get("X-Accepted-OAuth-Scopes"), reply.headers.get("X-OAuth-Scopes")
    if reply.method not in WRITES or not accepted or had is None:
        return None
    wanted = [scope.strip() for scope in accepted.split(",") if scope.strip()]
    return None if {scope.strip() for scope in had.split(",")} & set(wanted) else wanted[0]


def _error(item) -> str | None:
    """One of `errors`: `{resource, field, code, message?}` or a text."""
    if not isinstance(item, dict):
        return str(item)
    return item.get("message") or " ".join(str(item[key]) for key in ("resource", "field", "code") if key in item)


def _forbidden(reply: Reply, host: str, said: str) -> Problem:
    if "X-GitHub-SSO" in reply.headers:
        return Forbidden(f"the organization asks for single sign-on: at {host}, authorize Continuum for it "
                         "(Settings, Applications), then try again", error="needs_sso")
    if "installation has been suspended" in said:
        return Unauthorized(f"the installation of our GitHub App there is suspended: whoever suspended it unsuspends it at "
                            f"{host} (Settings, Applications, Configure)", error=SUSPENDED)
    if "archived" in said:
        return Forbidden(f"the repository is archived at {host}: it can be read alone; unarchive it to go on",
                         error="archived")
    return Forbidden(f"{host} does not allow it ({said or 403}): ask an owner of the repository for the right")


def _not_found(reply: Reply, host: str, said: str) -> Problem:
    return NotFound(f"{host} shows no such thing: it is gone, was renamed, or its owner took the access back")


def _taken_down(reply: Reply, host: str, said: str) -> Problem:
    return NotFound(f"{host} has shut this repository off ({said or reply.status})")


def _conflict(reply: Reply, host: str, said: str) -> Problem:
    return Conflict(f"{host} says: {said or 'conflict'}")


def _refused(reply: Reply, host: str, said: str) -> Problem:
    return BadRequest(f"{host} refuses the request ({reply.status}): {said or 'without a reason'}")


_BY_STATUS = {403: _forbidden, 404: _not_found, 410: _not_found, 409: _conflict, 451: _taken_down}
