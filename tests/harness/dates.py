"""Dates that a test sends, written as the API wants them."""

from datetime import UTC, datetime, timedelta


def in_days(days: int) -> str:
    """Return the date `days` from today in UTC."""
    return str(datetime.now(UTC).date() + timedelta(days=days))
