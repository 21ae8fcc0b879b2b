"""A repository's settings at GitHub: its webhook, what GitHub is told, what is fetched."""

from __future__ import annotations

from flask import g, request

from ..api import settings as api
from ..api import webhook as webhook_api
from ..api.inputs import Feedback, SettingsPatch
from .blueprint import page, posted
from .repo import R, address


@page(R + "/settings/webhook", right="admin", method="POST")
def webhook_post(**_):
    def action() -> str:
        if request.form.get("do") == "remove":
            webhook_api.remove_webhook(g.repo["id"])
            return "The webhook is removed; pushes are found by comparing branch heads."
        webhook_api.make_webhook(g.repo["id"])
        return "The webhook is made; GitHub's first delivery shows in a moment."
    return posted(action, address(g.repo) + "/settings")


@page(R + "/settings/github", right="admin", method="POST")
def github_settings_post(**_):
    def action() -> str:
        on = {name: name in request.form for name in Feedback.model_fields}
        api.patch_settings(g.repo["id"], SettingsPatch(feedback=Feedback(**on), submodules="submodules" in request.form,
                                                       lfs="lfs" in request.form))
        return "Saved."
    return posted(action, address(g.repo) + "/settings")
