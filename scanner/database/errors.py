"""What can go wrong with the vulnerability database.

    DatabaseError
    |-- ArchiveRefused   an archive is broken, of another schema, or too old; the current database stays
    |-- Busy             another import or update is under way
    `-- NoDatabase       none that a scan may trust: none installed, damaged, or too old
"""

from __future__ import annotations

from common.wire.errors import ContinuumError


class DatabaseError(ContinuumError):
    """Root of the tree; `str()` is a sentence for people."""


class ArchiveRefused(DatabaseError):
    pass


class Busy(DatabaseError):
    pass


class NoDatabase(DatabaseError):
    pass
