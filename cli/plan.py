"""Runs pieces of work in the order of their dependencies, several at once.

Each piece belongs to a lane, and each lane has a number of pieces that may run at once: compiling fills every core by
itself, downloading does not.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from queue import SimpleQueue


@dataclass(frozen=True)
class Piece:
    """`action` runs once every piece named in `needs` has succeeded."""

    name: str
    lane: str
    action: Callable[[], None]
    needs: frozenset[str] = field(default_factory=frozenset)


def run_plan(pieces: Iterable[Piece], lanes: dict[str, int]) -> None:
    """Run every piece. After the first failure nothing new starts; what runs is waited for, then the failure is raised.

    Raises ValueError where pieces need each other in a circle (graphlib.CycleError), or one that is not in the plan.
    """
    by_name = {piece.name: piece for piece in pieces}
    if unknown := {need for piece in by_name.values() for need in piece.needs} - by_name.keys():
        raise ValueError(f"the plan has no {', '.join(sorted(unknown))}, which other pieces need")
    order = TopologicalSorter({piece.name: piece.needs for piece in by_name.values()})
    order.prepare()
    ended: SimpleQueue[tuple[Piece, BaseException | None]] = SimpleQueue()
    waiting: list[Piece] = []
    running: Counter[str] = Counter()      # lane -> pieces
    failure = None
    while order.is_active() and not (failure and not running.total()):
        waiting += [by_name[name] for name in order.get_ready()]
        for piece in [] if failure else list(waiting):
            if running[piece.lane] < lanes[piece.lane]:
                waiting.remove(piece)
                running[piece.lane] += 1
                # A daemon: an interrupt ends the command at once instead of after the longest piece.
                threading.Thread(target=_work, args=(piece, ended), daemon=True).start()
        piece, raised = ended.get()
        running[piece.lane] -= 1
        order.done(piece.name)
        failure = failure or raised
    if failure:
        raise failure


def _work(piece: Piece, ended: "SimpleQueue[tuple[Piece, BaseException | None]]") -> None:
    try:
        piece.action()
    except BaseException as raised:      # run_plan raises it in the caller's thread
        ended.put((piece, raised))
    else:
        ended.put((piece, None))
