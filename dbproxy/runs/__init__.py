"""Runs: made once, claimed by one owner at a time, changed only under its fence, over for good."""
