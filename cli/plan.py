"""Work with dependencies, done side by side in lanes.

A lane bounds how many of its pieces run at once: compiling fills every core by
itself, downloading does not.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Piece:
    """`action` runs once every piece named in `needs` has ended well."""

    name: str
    lane: str
    action: Callable[[], None]
    needs: frozenset[str] = field(default_factory=frozenset)


class _Board:
    """Who waits, who runs, who is done; guarded by one condition."""

    def __init__(self, pieces: list[Piece], lanes: dict[str, int]):
        self.waiting = list(pieces)
        self.free = dict(lanes)
        self.done: set[str] = set()
        self.running = 0
        self.error: BaseException | None = None
        self.changed = threading.Condition()

    def take(self) -> Piece | None:
        """The first piece that can start now, taken off the board."""
        for piece in self.waiting:
            if piece.needs <= self.done and self.free[piece.lane]:
                self.waiting.remove(piece)
                self.free[piece.lane] -= 1
                self.running += 1
                return piece
        return None

    def work(self, piece: Piece) -> None:
        error = None
        try:
            piece.action()
        except BaseException as raised:  # handed to run_plan's caller, in its own thread
            error = raised
        with self.changed:
            self.running -= 1
            self.free[piece.lane] += 1
            self.done.add(piece.name)
            self.error = self.error or error
            self.changed.notify_all()


def run_plan(pieces: list[Piece], lanes: dict[str, int]) -> None:
    """Run every piece. After a failure nothing new starts, what runs is waited
    for, and the first exception is raised. Raises ValueError on a circle or an
    unknown need."""
    board = _Board(pieces, lanes)
    with board.changed:
        while board.running or (board.waiting and not board.error):
            piece = None if board.error else board.take()
            if piece:
                threading.Thread(target=board.work, args=(piece,), daemon=True).start()
            elif board.running:
                board.changed.wait()
            else:
                raise ValueError(f"nothing can start of {[p.name for p in board.waiting]}")
    if board.error:
        raise board.error
