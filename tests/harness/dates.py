"""Dates that a test sends, written as the API wants them."""

from datetime import datetime, timedelta, timezone


def in_days(days: int) -> str:
    """Return the date `days` from today in UTC."""
    return str(datetime.now(timezone.utc).date() + timedelta(days=days))
