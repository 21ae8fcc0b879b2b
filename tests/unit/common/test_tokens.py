"""A call without the right key is nobody's."""

import jwt
import pytest

from common.errors import Unauthorized
from common.tokens import Signer, Verifier, new_key


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
