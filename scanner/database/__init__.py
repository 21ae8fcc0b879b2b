"""The vulnerability database: a starter set of advisories, and the store that imports and updates real ones.

    store = Store("/var/lib/continuum/database", max_age_hours=120)
    store.install_starter()                # where there is none at all
    Updater(store).start()
    with store.for_scan() as database:     # NoDatabase: the scan ends as error
        subprocess.run(["grype", …], env=database.env)
"""

from .errors import ArchiveRefused, Busy, DatabaseError, NoDatabase
from .store import ScanDatabase, Store, Update
from .updater import Updater

__all__ = ["ArchiveRefused", "Busy", "DatabaseError", "NoDatabase", "ScanDatabase", "Store", "Update", "Updater"]
