"""The services behind the dashboard, by hand: they keep what they are told, and fail on request.

    world = World()
    world.down.add("dbproxy")        # answers 503
    world.slow["deployer"] = 0.2     # seconds before each answer
"""

from __future__ import annotations

from .known import World
from .services import Fakes

__all__ = ["Fakes", "World"]
