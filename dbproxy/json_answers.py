"""JSON as this service answers it: times as ISO 8601 in UTC, with milliseconds."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal


def encode(value):
    """For json.dumps(default=…)."""
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} has no JSON form here")
