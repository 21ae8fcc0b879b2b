"""Repos in Postgres."""

from __future__ import annotations

import re
from typing import TypedDict

from common.wire.errors import NotFound

from ..database import Transaction

LONGEST_LABEL = 63      # RFC 1035

REPO = "repos.*, repos.owner || '/' || repos.name AS path"
LAST_RUN = """(SELECT jsonb_build_object('id', id, 'kind', kind, 'ref', ref, 'commit', commit, 'message', message,
    'author', author, 'actor', actor, 'event', event, 'state', state, 'reason', reason, 'code', code,
    'params', params, 'created', created,
    'started', started, 'ended', ended) FROM runs WHERE repo = repos.id ORDER BY id DESC LIMIT 1) AS last_run"""
LIVE = """(SELECT jsonb_build_object('id', id, 'run', run, 'digest', digest, 'commit', commit, 'url', url,
    'container', container, 'live_since', live_since, 'environment', environment, 'health', health,
    'health_reason', health_reason, 'health_since', health_since) FROM deployments
    WHERE repo = repos.id AND state = 'live' ORDER BY environment = 'production' DESC LIMIT 1) AS live"""


class RepoValues(TypedDict):
    default_branch: str
    private: bool
    description: str
    url: str
    external_id: str | None


class RepoRow(RepoValues):
    forge: str
    owner: str
    name: str


class RepoParts(TypedDict, total=False):
    """What is merged key by key; a None takes its key out."""

    settings: dict
    state: dict
    last_heads: dict[str, str | None]


def get(transaction: Transaction, repo: int) -> dict:
    """With `last_run` and `live`; raises NotFound."""
    return _found(transaction.one(f"SELECT {REPO}, {LAST_RUN}, {LIVE} FROM repos WHERE id = %s", (repo,)),
                  f"repo {repo}")


def by_name(transaction: Transaction, forge: str, owner: str, name: str) -> dict:
    """Names are compared without regard to case; raises NotFound."""
    return _found(transaction.one(f"SELECT {REPO}, {LAST_RUN}, {LIVE} FROM repos WHERE forge = %s AND "
                                  "lower(owner) = lower(%s) AND lower(name) = lower(%s)", (forge, owner, name)),
                  f"repo {owner}/{name} of forge {forge}")


def put(transaction: Transaction, forge: str, owner: str, name: str, values: RepoValues, reserved: frozenset[str]) -> dict:
    """Insert or update. The app's name is chosen once, outside `reserved`, and kept, so its URL never changes."""
    transaction.do("LOCK TABLE repos IN SHARE ROW EXCLUSIVE MODE")      # rare, and labels are unique over all rows
    row: RepoRow = {**values, "forge": forge, "owner": owner, "name": name}
    before = _same(transaction, row)
    if before is None:
        return get(transaction, _insert(transaction, row, reserved))
    if row["external_id"] is None:       # found by its name, whatever the letters
        row |= transaction.one("SELECT owner, name FROM repos WHERE id = %s", (before,))
    if transaction.do(
            "UPDATE repos SET owner = %(owner)s, name = %(name)s, default_branch = %(default_branch)s, "
            "private = %(private)s, url = %(url)s, description = %(description)s, "
            "external_id = coalesce(%(external_id)s, external_id) WHERE id = %(id)s AND "
            "(owner, name, default_branch, private, url, description, coalesce(external_id, '')) IS DISTINCT FROM "
            "(%(owner)s, %(name)s, %(default_branch)s, %(private)s, %(url)s, %(description)s, "
            "coalesce(%(external_id)s, external_id, ''))", {**row, "id": before}):
        transaction.emit("repo.updated", repo=before)
    return get(transaction, before)


def _same(transaction: Transaction, row: RepoRow) -> int | None:
    """The row of that repository: by its forge's own number, which outlives names, else by name. Where the name was
    handed on to another repository, the row that had it makes room and keeps everything else: runs, secrets, app."""
    if row["external_id"] is not None:
        transaction.do(
            "UPDATE repos SET name = name || '~' || id, state = state || jsonb_build_object('gone', "
            "'another repository has its name by now') WHERE forge = %(forge)s AND lower(owner) = lower(%(owner)s) "
            "AND lower(name) = lower(%(name)s) AND external_id <> %(external_id)s", row)
        known = transaction.value("SELECT id FROM repos WHERE forge = %(forge)s AND external_id = %(external_id)s", row)
        if known:
            return known
    return transaction.value("SELECT id FROM repos WHERE forge = %(forge)s AND lower(owner) = lower(%(owner)s) AND "
                             "lower(name) = lower(%(name)s)", row)


def change(transaction: Transaction, repo: int, values: RepoParts) -> dict:
    """`settings`, `state` and `last_heads` are merged key by key; a null takes a key out. Raises NotFound."""
    get(transaction, repo)
    for name in sorted(values):
        transaction.do(f"UPDATE repos SET {name} = jsonb_strip_nulls({name} || %s) WHERE id = %s", (values[name], repo))
    if values:
        transaction.emit("repo.updated", repo=repo)
    return get(transaction, repo)


def label(text: str) -> str:
    """`text` as the first label of a host name."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:LONGEST_LABEL].strip("-") or "app"


def free_label(owner: str, name: str, taken: set[str]) -> str:
    """`name`, else `name-owner`, else with a number, whichever is free first and is not all digits.

    Digits alone could be read as a part of an IP address.
    """
    wishes = [label(name), label(f"{name}-{owner}")]
    wishes += [f"{wishes[1][:LONGEST_LABEL - 6]}-{number}" for number in range(2, len(taken) + 4)]
    return next(wish for wish in wishes if wish not in taken and not wish.isdecimal())


def _insert(transaction: Transaction, row: RepoRow, reserved: frozenset[str]) -> int:
    taken = {other["app"] for other in transaction.all(
        "SELECT app FROM repos WHERE app LIKE %s", (label(row["name"])[:LONGEST_LABEL - 6] + "%",))}
    repo = transaction.value(
        "INSERT INTO repos (forge, owner, name, app, default_branch, private, description, url, external_id) VALUES "
        "(%(forge)s, %(owner)s, %(name)s, %(app)s, %(default_branch)s, %(private)s, %(description)s, %(url)s, "
        "%(external_id)s) RETURNING id", {**row, "app": free_label(row["owner"], row["name"], taken | reserved)})
    transaction.emit("repo.updated", repo=repo)
    return repo


def _found(row: dict | None, what: str) -> dict:
    if row is None:
        raise NotFound(f"{what} is unknown")
    return row
