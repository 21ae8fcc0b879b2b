"""A repository's settings: secrets, members, the check of its .continuum.yml."""

from __future__ import annotations

from typing import NoReturn

from flask import g, render_template, request

from common.api.people import Account
from common.wire.errors import BadRequest, Problem, ServiceDown

from ..api import accounts as accounts_api
from ..api import limits as limits_api
from ..api import members as members_api
from ..api import quotas as quotas_api
from ..api import repos as repos_api
from ..api import secrets as secrets_api
from ..api import settings as api
from ..api.endpoint import parse
from ..api.inputs import MemberRequest, Paging, RefQuery, SecretRequest, SettingsPatch
from ..auth.actor import current
from ..web.together import together
from .blueprint import late, page, posted, query
from .limit_rows import rows as limit_rows
from .repo import R, address


@page(R + "/settings", right="admin")
def settings(**_):
    return show()


@page(R + "/settings", right="admin", method="POST")
def settings_post(**_):
    def action() -> str:
        api.patch_settings(g.repo.id, SettingsPatch(supersede="supersede" in request.form))
        return "Saved."
    return posted(action, address(g.repo) + "/settings")


@page(R + "/settings/sharing", right="admin", method="POST")
def sharing_post(**_):
    def action() -> str:
        api.patch_settings(g.repo.id, parse(SettingsPatch, {"shared_with": request.form.get("shared_with", "").split()}))
        return "Saved."
    return posted(action, address(g.repo) + "/settings", show)


@page(R + "/settings/secrets", right="admin", method="POST")
def secret_post(**_):
    """The value is not typed back, whatever happens."""
    def action() -> str:
        body = parse(SecretRequest, {"value": request.form.get("value", "").replace("\r\n", "\n"),
                                     "use": request.form.getlist("use")})
        secrets_api.set_secret(g.repo.id, request.form.get("name", ""), body)
        return f"{request.form['name']} is set; the next run uses it."
    return posted(action, address(g.repo) + "/settings", show)


@page(R + "/settings/secrets/<string:secret>/delete", right="admin", method="POST")
def secret_delete(secret: str, **_):
    def action() -> str:
        secrets_api.delete_secret(g.repo.id, secret)
        return f"{secret} is deleted."
    return posted(action, address(g.repo) + "/settings")


@page(R + "/settings/members", right="admin", method="POST")
def member_post(**_):
    def action() -> str:
        account = _account(request.form.get("login", ""))
        if request.form.get("right") == "none":
            members_api.delete_member(g.repo.id, account.id)
            return f"{account.login} has no right of their own here any more."
        members_api.set_member(g.repo.id, account.id, parse(MemberRequest, {"right": request.form.get("right")}))
        return f"{account.login} may {request.form['right']}."
    return posted(action, address(g.repo) + "/settings", show)


def _account(login: str) -> Account:
    return accounts_api.find_local(login) or _unknown(login)


def _unknown(login: str) -> NoReturn:
    raise BadRequest(f"there is no account {login!r}", field="login")


def show(problem: str | None = None) -> str:
    number = g.repo.id
    secrets, members, config, quotas, limits, disk = together(
        lambda: secrets_api.list_secrets(number, Paging(per_page=100)), lambda: members_api.list_members(number),
        _config, lambda: quotas_api.list_quotas(number).items, lambda: limits_api.get_repo_limits(number),
        lambda: _disk(number))
    return render_template(
        "settings.html", repo=repos_api.get_repo(), settings=api.get_settings().settings, problem=problem,
        secrets=secrets, members=members, config=config, quotas=quotas, given=request.form, owner=current().owner,
        limits=limit_rows(limits), disk=disk)


def _disk(repo: int) -> dict:
    """Measuring needs three services; the page stands without them."""
    try:
        return {"used": limits_api.get_repo_disk(repo)}
    except (ServiceDown, Problem) as problem:
        return {"late": late(problem)}


def _config() -> dict:
    """The check needs the orchestrator; the page stands without it."""
    try:
        return {"check": api.check_config(query(RefQuery))}
    except (ServiceDown, Problem) as problem:
        return {"late": late(problem)}
