"""The client of dbproxy: `db.runs.get(7)` is a Run, `db.repos.all(q="shop")` are Repos.

    Dbproxy      one property for each resource, and `within` for calls that may take longer or must not
    Resource     what the resources are made of: one call that answers a row, a page, a whole list or nothing

Each method raises what `ServiceClient` raises: the `Problem` of the status, or ServiceDown.
"""

from .dbproxy import Dbproxy
from .resource import segment

__all__ = ["Dbproxy", "segment"]
