"""The Docker Engine: found, or installed and started where that is ours to do.

On Debian and Ubuntu as root a missing engine is installed from the machine's own package sources and started. An
engine that is there is never replaced: a missing plugin or an old version is refused with the package to install.
"""

from __future__ import annotations

from dataclasses import dataclass

from cli.errors import PlatformError
from cli.host.checks import checks, problems
from cli.host.daemon import start_daemon, stop_recorded_daemon
from cli.host.model import Check, Host
from cli.host.packages import install_engine
from cli.host.survey import survey
from cli.host.userland import turn_off
from cli.progress import Progress


@dataclass(frozen=True)
class Engine:
    """A reachable engine. `started` tells whether this call started it."""

    version: str
    compose: str
    started: bool = False


def ensure_engine(progress: Progress) -> Engine:
    """Return a reachable engine with Compose and buildx, installed and started if need be.

    Raises PlatformError that names the cause and the next step, before anything is changed.
    """
    host = survey()
    refuse(problems(checks(host)))
    if host.engine:
        return Engine(host.engine.version, host.compose)
    with progress.task("Docker Engine") as task:
        if not host.is_installed or _is_unfinished(host):
            progress.say("  no Docker Engine here: installing the distribution's own packages")
            turn_off()      # before the packages start the engine
            install_engine(task)
        start_daemon(task)
    host = survey()
    refuse(problems(checks(host)))
    return Engine(host.engine.version if host.engine else "unknown", host.compose, started=True)


def refuse(found: list[Check]) -> None:
    """Raise PlatformError with every problem; the first one's next step is the reader's."""
    if found:
        raise PlatformError("\n".join(f"{check.found} (needed: {check.needed})" for check in found),
                            "\n      ".join(check.next_step for check in found))


def stop_engine_we_started(progress: Progress) -> bool:
    """Stop the engine that an earlier call started in the background, its containers
    first. False where there is none: a machine's own engine is never touched."""
    return stop_recorded_daemon(progress)


def _is_unfinished(host: Host) -> bool:
    """Whether an installation of ours was interrupted before the plugins were there."""
    return host.ours and not (host.daemon and host.compose and host.buildx)
