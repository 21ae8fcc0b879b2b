"""What takes something away asks first, on a page that names the effect and that JavaScript shows as a dialog."""

import re

import pytest

R = "/repos/local/acme/shop"


@pytest.fixture
def things(people, world):
    """What is there to lose: a token of ann's, a waiver, a secret, the account of ros."""
    token = people.token("ann") and next(iter(world.tokens.values()))
    world.waivers[5] = {"id": 5, "repo": people.repo["id"], "vulnerability": "CVE-2026-0001", "package": "openssl",
                        "reason": "not reachable", "until": "2099-01-01"}
    world.secrets[people.repo["id"]] = {"DB_URL": {"name": "DB_URL", "use": ["deploy"]}}
    return {"token": token["id"], "ros": people.accounts["ros"]["id"]}


PAGES = [("/account", "/account/tokens/{token}/delete", "Delete token t?"),
         (R + "/waivers", "/waivers/5/delete", "End the waiver of CVE-2026-0001?"),
         (R + "/settings", R + "/settings/secrets/DB_URL/delete", "Delete DB_URL?"),
         ("/admin/users", "/admin/users/{ros}?role=owner", "Make ros owner?"),
         ("/admin/users", "/admin/users/{ros}?disabled=true", "Disable ros?")]


def sent(client, page: str):
    """The form of a page that asks, sent as it is."""
    action = re.search(r'<form class="card" method="post" action="([^"]+)"', page)[1]
    return client.post(action, data=dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)))


@pytest.mark.parametrize("place, path, title", PAGES)
def test_it_asks_and_names_the_effect(people, things, place, path, title):
    client, path = people.browser("ann"), path.format(**things)
    assert f'data-dialog href="{path}"' in client.get(place).text
    page = client.get(path).text
    assert f"<h1>{title}</h1>" in page and f'href="{place}" data-close' in page
    assert sent(client, page).headers["Location"] == place


def test_what_was_confirmed_is_done(people, world, things):
    client = people.browser("ann")
    for _, path, _ in PAGES:
        sent(client, client.get(path.format(**things)).text)
    assert world.tokens == {} and world.waivers == {} and world.secrets[people.repo["id"]] == {}
    assert world.accounts[things["ros"]]["role"] == "owner" and world.accounts[things["ros"]]["disabled"]
    for _, path, _ in PAGES[:2]:
        assert client.get(path.format(**things)).status_code == 404


def test_what_another_has_is_not_asked_about(people, things):
    client = people.browser("wes")
    assert client.get("/account/tokens/{token}/delete".format(**things)).status_code == 404
    assert client.get("/waivers/5/delete").status_code == 403
    assert client.get("/admin/users/{ros}?role=owner".format(**things)).status_code == 403


def test_a_change_of_nothing_is_refused(people, things):
    assert people.browser("ann").get("/admin/users/{ros}".format(**things)).status_code == 400


def test_a_rollback_finds_what_is_live_and_what_is_kept_behind_any_number_of_failures(people, world):
    digests = {"live": "sha256:" + "a" * 64, "kept": "sha256:" + "b" * 64}
    for number, state in enumerate(["kept", "live", *["failed"] * 120], 1):
        world.deployments[number] = {"id": number, "repo": people.repo["id"], "run": number, "state": state,
                                     "digest": digests.get(state)}
    client = people.browser("wes")
    for query in ("", f"?digest={digests['kept']}"):
        page = client.get(f"{R}/rollback{query}").text
        assert "a" * 12 in page and f'value="{digests["kept"]}"' in page
    assert client.get(f"{R}/rollback?digest={digests['live']}").status_code == 404
