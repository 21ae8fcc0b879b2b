import pytest
from app import app


@pytest.fixture
def client():
    return app.test_client()


def test_it_greets(client):
    assert "Hello" in client.get("/").text


def test_it_is_well(client):
    assert client.get("/healthz").json == {"status": "ok"}


def test_it_knows_no_other_page(client):
    assert client.get("/nothing").status_code == 404
