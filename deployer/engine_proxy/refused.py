"""How a request that is not passed on ends."""

from __future__ import annotations


class Refused(Exception):
    """deployer does not make such a request by design; the text names what is wrong with it."""


class Answered(Exception):
    """The engine answered the look-up of a target with an error, e.g. 404: deployer gets that answer."""

    def __init__(self, status: int, body: bytes):
        super().__init__(status)
        self.status, self.body = status, body
