"""A delivery of GitHub's: its signature is over the very bytes that came, and is checked before anything reads them."""

import hashlib
import hmac
import json

import pytest
from pydantic import SecretStr

from common.wire.errors import BadRequest, Unauthorized
from forges.github import receive as module
from forges.github.receive import receive

SECRET = SecretStr("a secret of the webhook")
PAYLOAD = {"ref": "refs/heads/main", "after": "c" * 40, "repository": {"id": 1, "full_name": "ann/site"}}
BODY = json.dumps(PAYLOAD).encode()


def headers(body, secret=SECRET, **changed):
    digest = hmac.new(secret.get_secret_value().encode(), body, hashlib.sha256).hexdigest()
    return {"X-GitHub-Event": "push", "X-GitHub-Delivery": "d-1", "X-Hub-Signature-256": f"sha256={digest}", **changed}


def test_a_signed_delivery_is_taken():
    delivery = receive(headers(BODY), BODY, SECRET)
    assert (delivery.id, delivery.event) == ("d-1", "push")


@pytest.mark.parametrize("other", [
    json.dumps(PAYLOAD, indent=1).encode(), BODY + b"\n", b" " + BODY, json.dumps(dict(reversed(PAYLOAD.items()))).encode(),
    BODY.replace(b'"ann/site"', b'"\\u0061nn/site"')], ids=["indented", "a line end", "a blank", "another order", "an escape"])
def test_the_same_json_in_other_bytes_is_refused(other):
    """A signature over what was parsed would take all of these."""
    assert json.loads(other) == PAYLOAD
    with pytest.raises(Unauthorized):
        receive(headers(BODY), other, SECRET)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000], ids=["none", "cut", "a list", "no text", "deep"])
def test_what_is_signed_and_no_json_object_is_refused_with_the_next_step(body):
    with pytest.raises(BadRequest, match="content type to application/json"):
        receive(headers(body), body, SECRET)


def test_nothing_of_an_unsigned_body_is_read(monkeypatch):
    read = []
    monkeypatch.setattr(module, "_payload", lambda body: read.append(body) or {})
    with pytest.raises(Unauthorized):
        receive(headers(BODY, SecretStr("another secret")), BODY, SECRET)
    assert read == []


@pytest.mark.parametrize("secret", [None, SecretStr("")])
def test_without_a_secret_nothing_is_taken(secret):
    with pytest.raises(Unauthorized):
        receive(headers(BODY, SecretStr("")), BODY, secret)
