"""A call without the right key is nobody's."""

import base64
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from common.secrets import tokens
from common.secrets.tokens import Signer, Verifier, new_key
from common.wire.errors import Unauthorized


@pytest.fixture
def keys():
    return {name: new_key() for name in ("orchestrator", "builder")}


def verifier(keys):
    return Verifier("builder", ",".join(f"{name}={public}" for name, (_, public) in keys.items()))


def test_the_caller_is_told(keys):
    token = Signer("orchestrator", keys["orchestrator"][0]).token("builder")
    assert verifier(keys).caller(token) == "orchestrator"


def test_a_token_for_another_service_is_refused(keys):
    token = Signer("orchestrator", keys["orchestrator"][0]).token("deployer")
    with pytest.raises(Unauthorized):
        verifier(keys).caller(token)


def test_a_token_signed_by_another_key_is_refused(keys):
    token = Signer("orchestrator", new_key()[0]).token("builder")
    with pytest.raises(Unauthorized):
        verifier(keys).caller(token)


@pytest.mark.parametrize("token", ["", "x", jwt.encode({"iss": "orchestrator", "aud": "builder"}, None, "none")])
def test_no_signature_is_refused(keys, token):
    with pytest.raises(Unauthorized):
        verifier(keys).caller(token)


def test_a_signature_is_checked_once(keys, monkeypatch):
    mine, token = verifier(keys), Signer("orchestrator", keys["orchestrator"][0]).token("builder")
    mine.caller(token)
    monkeypatch.setattr(tokens.jwt, "decode", None)
    assert mine.caller(token) == "orchestrator"


def test_a_token_that_was_good_ends_all_the_same(keys, monkeypatch):
    mine, now = verifier(keys), time.time()
    end = now - tokens.LEEWAY + 30
    token = jwt.encode({"iss": "orchestrator", "aud": "builder", "iat": end - 60, "exp": end},
                       load(keys["orchestrator"][0]), "EdDSA")
    assert mine.caller(token) == "orchestrator"
    monkeypatch.setattr(tokens.time, "time", lambda: now + 31)
    monkeypatch.setattr(tokens.jwt, "decode", refuse)
    with pytest.raises(Unauthorized):
        mine.caller(token)


def test_no_more_are_kept_than_need_be(keys):
    mine = verifier(keys)
    for number in range(2 * tokens.KEPT):
        claims = {"iss": "orchestrator", "aud": "builder", "iat": 0, "exp": int(time.time()) + number}
        mine.caller(jwt.encode(claims, load(keys["orchestrator"][0]), "EdDSA"))
    assert len(mine._good) <= tokens.KEPT


def load(private):
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(private))


def refuse(*_, **__):
    raise jwt.ExpiredSignatureError("over")
