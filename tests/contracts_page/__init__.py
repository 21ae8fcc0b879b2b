"""docs/contracts.md: its tables are made of the routes, the rows and the settings, its prose is written by hand.

    python -m tests.contracts_page      writes the tables anew; a unit test fails where they are out of date

A table stands between `<!-- table: NAME -->` and `<!-- end -->`.
"""
