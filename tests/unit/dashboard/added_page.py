"""What the page and the API call of docs/where.md do (test_where.py)."""


def test_the_page_shows_what_is_set(people):
    assert "<p>hello</p>" in people.browser("ros").get("/greeting").text


def test_the_call_answers_it(people):
    assert people.browser().get("/api/v1/greeting", headers=people.token("ros")).json == {"text": "hello"}


def test_nobody_gets_either_without_the_right(people):
    assert people.browser().get("/greeting").status_code == 302
    assert people.browser().get("/api/v1/greeting").status_code == 401


def test_the_api_describes_it(people):
    document = people.browser().get("/api/v1/openapi.json").json
    assert document["paths"]["/greeting"]["get"]["summary"] == "Get the greeting that the setting GREETING holds."
