"""What goes out small, and what must not be guessed from its size."""

import gzip
import re

import pytest

from dashboard.auth import csrf
from tests.unit.dashboard.world import csrf_of

GZIP = {"Accept-Encoding": "gzip, br"}


def static_of(client, kind: str) -> str:
    return re.search(r'(/static/[^"]+\.%s)"' % kind, client.get("/signin").text)[1]


def test_a_page_is_the_same_and_smaller(people):
    client = people.browser()
    plain, packed = client.get("/api"), client.get("/api", headers=GZIP)
    assert packed.headers["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.data) == plain.data and len(packed.data) < len(plain.data) / 4
    assert int(packed.headers["Content-Length"]) == len(packed.data)
    assert "Accept-Encoding" in packed.headers["Vary"] and "Accept-Encoding" in plain.headers["Vary"]


@pytest.mark.parametrize("kind", ["css", "js"])
def test_scripts_and_styles_too_and_for_ever(people, kind):
    client = people.browser()
    path = static_of(client, kind) if kind == "css" else re.sub(r"css/\w+\.css", "js/live.js", static_of(client, "css"))
    plain, packed = client.get(path), client.get(path, headers=GZIP)
    assert gzip.decompress(packed.data) == plain.data
    assert "immutable" in packed.headers["Cache-Control"]


def test_a_stream_goes_out_as_it_comes(people, world):
    run = world.add_run(people.repo["id"], "running")["id"]
    world.add_job(run, "build", "running", lines=["x" * 2000])
    headers = {**people.token("ann"), **GZIP}
    with people.browser().get(f"/api/v1/runs/{run}/jobs/build.1/stream", headers=headers, buffered=False) as answer:
        assert "Content-Encoding" not in answer.headers and b"retry" in next(iter(answer.response))


def test_small_answers_and_errors_stay_plain(people):
    for path in ("/api/v1/account", "/api/v1/nothing"):
        assert "Content-Encoding" not in people.browser().get(path, headers={**people.token("ann"), **GZIP}).headers


def test_no_two_pages_hold_the_same_token_and_each_is_good(people, world):
    """BREACH: a compressed page that always holds the same secret tells it by its size."""
    client = people.browser("wes")
    one, other = csrf_of(client), csrf_of(client)
    assert one != other and one[:20] != other[:20]
    for token in (one, other):
        assert client.post("/repos/local/acme/shop/run", data={"kind": "full", "csrf": token}).status_code == 303


@pytest.mark.parametrize("wrong", ["", "x", "00", "é" * 128, "00" * 64, "ff" * 64])
def test_what_is_no_token_fits_nothing(app, wrong):
    with app.app_context():
        assert not csrf.fits(wrong, "a session")
        assert csrf.fits(csrf.token("a session"), "a session") and not csrf.fits(csrf.token("a session"), "another")
