"""The vulnerability database: the store that imports, updates and checks it.

    store = Store("/var/lib/continuum/database", max_age_hours=120)
    Updater(store, standin).start(fetch=True)
    with store.for_scan() as database:     # NoDatabase: the scan ends as error
        subprocess.run(["grype", …], env=database.env)
"""

from .errors import ArchiveRefused, Busy, DatabaseError, NoDatabase
from .store import FIRST, ScanDatabase, Status, Store, Update
from .updater import Updater

__all__ = ["FIRST", "ArchiveRefused", "Busy", "DatabaseError", "NoDatabase",
            "ScanDatabase", "Status", "Store", "Update", "Updater"]
