"""What belongs to one person: their sessions, their tokens, their account."""


def test_another_persons_token_is_unknown_and_stays(people, world):
    theirs = people.token("wes")
    number = next(item["id"] for item in world.tokens.values())
    mine = people.token("ros")
    answer = people.browser().delete(f"/api/v1/tokens/{number}", headers=mine)
    assert answer.status_code == 404
    assert people.browser().get("/api/v1/account", headers=theirs).status_code == 200


def test_another_persons_session_is_unknown_and_stays(people, world):
    theirs = people.browser("wes")
    number = next(item["id"] for item in world.sessions.values())
    people.browser("ros")      # has a session, too
    answer = people.browser().delete(f"/api/v1/sessions/{number}", headers=people.token("ros"))
    assert answer.status_code == 404
    assert theirs.get("/account").status_code == 200
    assert len(world.sessions) == 2


def test_a_disabled_account_has_neither_session_nor_token(people):
    browser, headers = people.browser("wes"), people.token("wes")
    people.accounts["wes"]["disabled"] = True
    assert people.browser().get("/api/v1/account", headers=headers).status_code == 401
    assert browser.get("/repos").status_code in (302, 401)


def test_runs_of_others_are_not_listed(people, world):
    world.add_run(people.repo["id"])
    headers, client = people.token("sam"), people.browser()
    assert client.get("/api/v1/runs", headers=headers).status_code == 404
    assert client.get(f"/api/v1/runs?repo={people.repo['id']}", headers=headers).status_code == 404
