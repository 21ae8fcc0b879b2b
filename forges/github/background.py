"""Work that nobody waits for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

Background = Callable[[str, Callable[[], None]], None]


def in_thread(name: str, work: Callable[[], None]) -> None:
    """In a thread of its own, which does not hold the service up when it ends."""
    threading.Thread(target=_guarded, args=(name, work), name=name, daemon=True).start()


def _guarded(name: str, work: Callable[[], None]) -> None:
    try:
        work()
    except Exception:        # the border of a thread: a mistake of ours must at least be read somewhere
        log.exception("%s broke", name)
