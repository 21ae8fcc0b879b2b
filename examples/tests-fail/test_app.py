from app import app, total


def test_the_page_answers():
    assert app.test_client().get("/").status_code == 200


def test_three_at_twenty_are_sixty():
    assert total(3, 20) == 60
