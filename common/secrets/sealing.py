"""People's secrets, sealed to the one service that uses them (libsodium sealed boxes).

Whoever keeps a sealed value (the dashboard, Postgres) cannot read it.
"""

from __future__ import annotations

import base64

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox


def new_seal_key() -> tuple[str, str]:
    """(private, public), each base64 of 32 bytes."""
    key = PrivateKey.generate()
    return base64.b64encode(bytes(key)).decode(), base64.b64encode(bytes(key.public_key)).decode()


def seal(value: str, public_key: str) -> str:
    """Base64 of the sealed UTF-8 value; each call gives another text."""
    box = SealedBox(PublicKey(base64.b64decode(public_key)))
    return base64.b64encode(box.encrypt(value.encode())).decode()


def unseal(sealed: str, private_key: str) -> str:
    """The value; raises ValueError where it was sealed to another key."""
    try:
        return SealedBox(PrivateKey(base64.b64decode(private_key))).decrypt(base64.b64decode(sealed)).decode()
    except CryptoError as problem:
        raise ValueError("the secret was sealed to another key: set it again") from problem
