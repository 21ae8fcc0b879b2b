"""Users, organisations and memberships."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..state import Account

if TYPE_CHECKING:
    from ..hub import GitHub

LINKS = {"followers_url": "/followers", "following_url": "/following{/other_user}", "gists_url": "/gists{/gist_id}",
         "starred_url": "/starred{/owner}{/repo}", "subscriptions_url": "/subscriptions", "organizations_url": "/orgs",
         "repos_url": "/repos", "events_url": "/events{/privacy}", "received_events_url": "/received_events"}
ORG_LINKS = {"repos_url": "/repos", "events_url": "/events", "hooks_url": "/hooks", "issues_url": "/issues",
             "members_url": "/members{/member}", "public_members_url": "/public_members{/member}"}
NOTHING = dict.fromkeys(("company", "blog", "location", "email", "hireable", "bio", "twitter_username"))
COUNTS = dict.fromkeys(("public_repos", "public_gists", "followers", "following", "private_gists", "total_private_repos", "owned_private_repos", "disk_usage", "collaborators"), 0)


def simple(github: GitHub, account: Account) -> dict:
    url = f"{github.api}/users/{account.login}"
    return {"login": account.login, "id": account.id, "node_id": f"U_{account.id}", "gravatar_id": "",
            "avatar_url": f"{github.url}/avatars/{account.id}", "url": url, "html_url": f"{github.url}/{account.login}",
            **{name: url + path for name, path in LINKS.items()},
            "type": account.kind, "user_view_type": "public", "site_admin": False}


def whole(github: GitHub, account: Account) -> dict:
    """Of the person themselves."""
    return {**simple(github, account), "user_view_type": "private", "name": account.login, **NOTHING, "blog": "", **COUNTS,
            "created_at": "2020-01-01T00:00:00Z", "updated_at": "2020-01-01T00:00:00Z", "two_factor_authentication": True,
            "plan": {"name": "free", "space": 1, "collaborators": 0, "private_repos": 10000}}


def organization(github: GitHub, account: Account) -> dict:
    url = f"{github.api}/orgs/{account.login}"
    return {"login": account.login, "id": account.id, "node_id": f"O_{account.id}", "url": url,
            **{name: url + path for name, path in ORG_LINKS.items()},
            "avatar_url": f"{github.url}/avatars/{account.id}", "description": None}


def membership(github: GitHub, org: Account, person: Account) -> dict:
    url = f"{github.api}/orgs/{org.login}"
    role = org.members[person.login]
    return {"url": f"{url}/memberships/{person.login}", "state": "pending" if role == "pending" else "active",
            "role": "member" if role == "pending" else role,
            "organization_url": url, "user": simple(github, person), "organization": organization(github, org)}
