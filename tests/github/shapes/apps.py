"""Apps and their installations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..state import App, Installation
from . import people

if TYPE_CHECKING:
    from ..hub import GitHub


def app(github: GitHub, found: App) -> dict:
    return {"id": found.id, "slug": found.slug, "node_id": f"A_{found.id}", "client_id": found.oauth.client_id,
            "owner": people.simple(github, found.owner), "name": found.oauth.name, "description": "",
            "external_url": found.oauth.url, "html_url": f"{github.url}/apps/{found.slug}", "created_at": found.created,
            "updated_at": found.created, "permissions": found.permissions, "events": found.events,
            "installations_count": sum(1 for each in github.installations.values() if each.app is found)}


def installation(github: GitHub, found: Installation) -> dict:
    account, app = found.account, found.app
    html = f"{github.url}/settings/installations/{found.id}"
    return {"id": found.id, "account": people.simple(github, account), "app_id": app.id, "app_slug": app.slug,
            "client_id": app.oauth.client_id, "target_id": account.id, "target_type": account.kind,
            "repository_selection": "all" if found.repos is None else "selected", "html_url": html,
            "access_tokens_url": f"{github.api}/app/installations/{found.id}/access_tokens",
            "repositories_url": f"{github.api}/installation/repositories", "permissions": app.permissions,
            "events": app.events, "created_at": found.created, "updated_at": found.created, "single_file_name": None,
            "has_multiple_single_files": False, "single_file_paths": [],
            "suspended_by": people.simple(github, account) if found.suspended else None,
            "suspended_at": found.created if found.suspended else None}
