"""A vulnerability database that is not the full one: how it is recognised, and what is said of a scan on it.

This module imports the standard library alone: the command line and images/ read it, too.
"""

MARK = "continuum starter"          # in `providers.processor` of the database itself, which tells wherever it is imported
CODE = "no_full_database"           # of the gate's verdict, and of the reason of a scan that passed
CAVEAT = "no full database"         # beside the gate on pages
PASSED = "passed, but without the full vulnerability database"
