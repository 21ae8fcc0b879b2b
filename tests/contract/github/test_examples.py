"""GitHub's published webhook payloads: all of them are here, and what travels on of each is enough and small."""

from collections import Counter

from tests.github import signing
from tests.github.examples import examples

COUNTS = {"push": 7, "pull_request": 29, "ping": 4, "create": 5, "delete": 4}


def test_all_published_payloads_of_our_events_are_there():
    assert Counter(event for event, _ in examples(*COUNTS)) == COUNTS
    assert len({event for event, _ in examples()}) == 58


def test_a_payload_can_be_signed_as_github_does():
    """The example of GitHub's own documentation."""
    assert signing.sign("It's a Secret to Everybody", b"Hello, World!") == (
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")
    event, payload = next(examples("push"))
    headers = signing.headers(event, signing.raw(payload), "s3cret")
    assert headers["X-GitHub-Event"] == "push" and headers["X-Hub-Signature-256"].startswith("sha256=")
