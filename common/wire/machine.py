"""What the machine has that the platform runs on. Every service of an installation sees the same one."""

from __future__ import annotations

import os
import shutil


def memory() -> int:
    """Return the machine's memory in bytes, which a container's own limit does not change."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def cpus() -> int:
    """Return the number of CPUs that are online."""
    return os.sysconf("SC_NPROCESSORS_ONLN")


def disk() -> int:
    """Return the size in bytes of the file system that holds the engine's containers."""
    return shutil.disk_usage("/").total
