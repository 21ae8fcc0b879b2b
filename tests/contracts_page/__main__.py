"""Writes the tables of docs/contracts.md anew."""

from .page import PAGE, filled

PAGE.write_text(filled(PAGE.read_text()))
