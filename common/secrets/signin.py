"""A person's sign-in at a forge, as dashboard seals it to orchestrator: the token, and how it is renewed if it ends."""

from __future__ import annotations

import json
from dataclasses import dataclass

from pydantic import SecretStr


@dataclass(frozen=True)
class SignIn:
    """`refresh` None: the token does not end by itself. `ends`: seconds since 1970. A refresh token counts once."""

    token: SecretStr
    refresh: SecretStr | None = None
    ends: float | None = None

    @property
    def text(self) -> str:
        """To be sealed; a token that does not end is its own text."""
        if self.refresh is None:
            return self.token.get_secret_value()
        return json.dumps({"token": self.token.get_secret_value(), "refresh": self.refresh.get_secret_value(),
                           "ends": self.ends})

    @classmethod
    def of_text(cls, text: str) -> SignIn:
        if not text.startswith("{"):
            return cls(SecretStr(text))
        kept = json.loads(text)
        return cls(SecretStr(kept["token"]), SecretStr(kept["refresh"]), kept["ends"])

    @classmethod
    def of_answer(cls, told: dict, now: float) -> SignIn | None:
        """What the forge's token endpoint answered (RFC 6749, 5.1); None where it holds no token."""
        token, refresh, life = (told.get(name) for name in ("access_token", "refresh_token", "expires_in"))
        if not isinstance(token, str) or not token:
            return None
        if not isinstance(refresh, str) or not refresh or not str(life).isdecimal():
            return cls(SecretStr(token))
        return cls(SecretStr(token), SecretStr(refresh), now + int(life))
