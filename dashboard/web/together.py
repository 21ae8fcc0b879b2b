"""Several services asked at once, each call within the request that it is for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from flask import copy_current_request_context, g


def together(*calls: Callable[[], object]) -> list:
    """What each of `calls` returns, in their order; raises what the first of them that failed raised."""
    known = {name: g.get(name) for name in g}

    def within(call: Callable[[], object]):
        @copy_current_request_context
        def asked():
            for name, value in known.items():
                setattr(g, name, value)
            return call()
        return asked

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(within(call)) for call in calls]]
