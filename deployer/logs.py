"""What a running (or kept) app prints, as ndjson `{at, stamp, line}`; blank lines are heartbeats.

Secrets are masked as in the log of the deploy.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

from common.secrets.masking import Masker
from common.worker import lines

from .containers import Containers
from .engine import Engine, speaking
from .secret_values import masker_of

log = logging.getLogger(__name__)

HEARTBEAT = 10          # seconds; also how soon a viewer that went away is noticed
MOST = 5000             # lines of one answer without `follow`


@dataclass
class Logs:
    engine: Engine
    containers: Containers

    def read(self, deployment: int, tail: int, after: int, follow: bool) -> Iterator[str]:
        """The last `tail` lines, or all that came after the one with the stamp `after`. Raises NotFound.

        `at` is in ms, `stamp` in ns since 1970: many lines share a millisecond, and who resumes wants each once.
        """
        with speaking():
            owned = self.containers.of_deployment(deployment)
            found = self.engine.inspect(owned.id)
            masker = masker_of(found["Config"]) if found else Masker()
            frames = self.engine.api.logs(owned.id, stream=True, follow=follow, timestamps=True,
                                          **_part(tail, after))
        return (_told(stamp, masker.mask(text)) if text is not None else "\n"
                for stamp, text in _read(frames, masker) if text is None or stamp > after)


def _part(tail: int, after: int) -> dict:
    """Which lines the engine is asked for. It takes whole seconds here, since a float of them would lose the last digits."""
    return {"since": after // 10**9} if after >= 10**9 else {"tail": min(tail, MOST)}


def _told(stamp: int, line: str) -> str:
    return json.dumps({"at": stamp // 10**6, "stamp": stamp, "line": line}) + "\n"


def _read(frames, masker: Masker) -> Iterator[tuple[int, str | None]]:
    """(ns, line) as they come; (0, None) after each HEARTBEAT without one."""
    arrived: queue.Queue = queue.Queue(maxsize=1000)
    gone = threading.Event()
    threading.Thread(target=_pump, args=(frames, masker, arrived, gone), name="app-log", daemon=True).start()
    try:
        while True:
            try:
                item = arrived.get(timeout=HEARTBEAT)
            except queue.Empty:
                item = (0, None)
            if item is None:
                return
            yield item
    finally:
        gone.set()
        if hasattr(frames, "close"):
            frames.close()


def _pump(frames, masker: Masker, arrived: queue.Queue, gone: threading.Event) -> None:
    try:
        for item in parse(frames, masker):
            while not gone.is_set():
                try:
                    arrived.put(item, timeout=1)
                    break
                except queue.Full:
                    continue
    except (OSError, ValueError, AttributeError) as problem:     # the socket was closed under the reader
        if not gone.is_set():
            log.warning("reading an app's log broke off: %s", problem)
    while not gone.is_set():
        try:
            arrived.put(None, timeout=1)
            return
        except queue.Full:
            continue


def parse(frames: Iterable[bytes], masker: Masker | None = None) -> Iterator[tuple[int, str]]:
    """From the engine's frames, each stamped at its start; a line longer than 16 KiB comes in several frames."""
    reader, begun = lines.LineReader(masker), 0
    for frame in frames:
        stamp, _, data = frame.partition(b" ")
        begun = begun or _ns(stamp.decode())
        for piece in reader.feed(data):
            yield begun, lines.clean(piece.text)
            begun = _ns(stamp.decode())
        if data.endswith(b"\n"):
            begun = 0
    for piece in reader.end():
        yield begun, lines.clean(piece.text)


def _ns(stamp: str) -> int:
    """From RFC 3339, whose fraction the engine writes without its last zeros."""
    whole, _, rest = stamp.rstrip("Z").partition(".")
    moment = datetime.fromisoformat(whole).replace(tzinfo=timezone.utc)
    return int(moment.timestamp()) * 10**9 + int(rest.ljust(9, "0"))
