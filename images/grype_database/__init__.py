"""The stand-in for Grype's vulnerability database: advisories written by hand, in the format that Grype reads.

`./continuum up` writes its archive into the installation's folder. The scanner imports it only where it has no database
and reaches no source of the real one, and everything that uses it says that it is not the full database.
"""
