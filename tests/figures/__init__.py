"""Figures of the structure: how far the code is from what docs/architecture.md promises.

    python -m tests.figures      prints them; `./continuum test` does so after the unit group
"""
