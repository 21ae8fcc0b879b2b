"""Passwords: which may be chosen, and argon2id with the parameters that OWASP names for 19 MiB; two at a time, so that
memory and time are bounded."""

from __future__ import annotations

import re
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from common.wire.errors import BadRequest

SHORTEST = 12
LOOKED_AT = 72          # letters: the time of zxcvbn grows with the square of the length
STRONG = 3              # of zxcvbn's 0 to 4: more than 10^8 guesses by somebody who knows how people choose
WEAK = ("it is one of the first that a program would guess: a common password, a name, a date, a row of keys "
        "or a repetition. Use four or more unrelated words, or what a password manager makes")

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_two_at_a_time = threading.BoundedSemaphore(2)
# Of no account: an unknown login takes as long to refuse as a wrong password.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


def chosen(password: str, *names: str) -> str:
    """The hash of a password that somebody chose for the account with `names`. Raises BadRequest `weak_password` for
    one that is short, common, or made of its holder's names."""
    if len(password) < SHORTEST:
        raise BadRequest(f"it needs {SHORTEST} letters or more", error="weak_password", field="password")
    with _two_at_a_time:
        strength = zxcvbn(password[:LOOKED_AT], user_inputs=["continuum", *_words(*names)])["score"]
    if strength < STRONG:
        raise BadRequest(WEAK, error="weak_password", field="password")
    return hash_password(password)


def _words(*names: str) -> list[str]:
    """The names, and each of their words."""
    return [word for name in names for word in (name, *re.split(r"[\W_]+", name)) if word]


def hash_password(password: str) -> str:
    with _two_at_a_time:
        return _hasher.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """False, after the same time, where there is no hash."""
    with _two_at_a_time:
        try:
            return _hasher.verify(password_hash or _NOBODY, password) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False
