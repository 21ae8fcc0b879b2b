"""How much GitHub still answers, told by the headers of its answers; nothing is asked while the answer would be no.

Two limits: the hourly one (`X-RateLimit-*`), and the secondary ones, which come as 403 or 429 with `Retry-After` or
with words alone, and then ask for a minute at least. Source: GitHub's "Best practices for using the REST API".
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from cachetools import LRUCache
from pydantic import SecretStr

from ..base import Rate
from .bearer import mark
from .problems import RateLimited, message
from .reply import Reply

SECONDARY_PAUSE = 60     # seconds, where GitHub does not say how long
LONGEST_PAUSE = 3600     # seconds; whoever says more means the hour
TOKENS = 10_000          # whose limits are remembered
LOW = 0.1                # of the limit: what can wait leaves the rest to people


class RateLimits:
    """Safe for several threads."""

    def __init__(self, host: str, clock: Callable[[], float] = time.time):
        self._host, self._clock, self._lock = host, clock, threading.Lock()
        self._rates: LRUCache[str, Rate] = LRUCache(TOKENS)

    def of(self, token: SecretStr | None) -> Rate | None:
        """None: nothing was asked with it yet."""
        with self._lock:
            return self._rates.get(mark(token))

    def low(self, token: SecretStr | None) -> bool:
        """Should what can wait do so?"""
        rate = self.of(token)
        return bool(rate) and rate.remaining < rate.limit * LOW and rate.resets > self._clock()

    def check(self, token: SecretStr | None) -> None:
        """Before a request; raises RateLimited."""
        rate, now = self.of(token), self._clock()
        if rate and rate.paused_until and rate.paused_until > now:
            raise self._quiet(rate.paused_until - now)
        if rate and rate.remaining == 0 and rate.resets > now:
            raise self._used_up(rate, now)

    def note(self, token: SecretStr | None, reply: Reply) -> None:
        """After an answer; raises RateLimited where it is a limit's."""
        now, rate = self._clock(), self._read(reply)
        refused = reply.status in (403, 429)
        if refused and rate and rate.remaining == 0 and "Retry-After" not in reply.headers:
            self._keep(token, rate)
            raise self._used_up(rate, now)
        pause = _pause(reply) if refused else None
        if pause:
            known = rate or self.of(token) or Rate(0, 1, now)
            self._keep(token, replace(known, paused_until=now + pause))
            raise self._quiet(pause)
        if rate:
            self._keep(token, rate)

    def _keep(self, token: SecretStr | None, rate: Rate) -> None:
        """Answers arrive in another order than they were given: one from before a pause does not end it."""
        with self._lock:
            known = self._rates.get(mark(token))
            if known and known.resets == rate.resets:
                rate = replace(rate, remaining=min(known.remaining, rate.remaining))
            if known and known.paused_until and not rate.paused_until:
                rate = replace(rate, paused_until=known.paused_until)
            self._rates[mark(token)] = rate

    def _read(self, reply: Reply) -> Rate | None:
        """The core limit's; other resources (search, …) have their own."""
        headers = reply.headers
        if headers.get("X-RateLimit-Resource", "core") != "core":
            return None
        numbers = [headers.get(f"X-RateLimit-{name}", "") for name in ("Limit", "Remaining", "Reset")]
        return Rate(*map(int, numbers)) if all(text.isdecimal() for text in numbers) else None

    def _used_up(self, rate: Rate, now: float) -> RateLimited:
        return RateLimited(f"the {rate.limit} requests an hour at {self._host} are used up; it answers again in "
                           f"{_minutes(rate.resets - now)}", rate.resets - now)

    def _quiet(self, seconds: float) -> RateLimited:
        return RateLimited(f"{self._host} asks for quiet (its secondary rate limit); Continuum goes on in "
                           f"{_minutes(seconds)}", seconds)


def _pause(reply: Reply) -> float | None:
    """Seconds that an answer of 403 or 429 asks for; None: it is about something else."""
    told = reply.headers.get("Retry-After", "")
    if told.isdecimal():
        return min(int(told), LONGEST_PAUSE)
    words = message(reply).lower()
    limited = reply.status == 429 or "rate limit" in words or "abuse detection" in words
    return SECONDARY_PAUSE if limited else None


def _minutes(seconds: float) -> str:
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} minutes"
