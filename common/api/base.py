"""What all rows have in common."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer


def written(moment: datetime) -> str:
    """A time as all services write it: ISO 8601 in UTC, with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[AwareDatetime, PlainSerializer(written, when_used="json")]


class Row(BaseModel):
    """One thing as dbproxy answers it. Every field is present in each answer, unless the field has a default.

    Unknown keys are ignored, and words such as states are plain text: a caller may be older than dbproxy.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)


Item = TypeVar("Item", bound=Row)


class Page(Row, Generic[Item]):
    """A part of a list; `total` counts the whole list, and `page` begins with 1."""

    items: list[Item]
    total: int
    page: int
    per_page: int


class Items(Row, Generic[Item]):
    """A whole list, or what was claimed of one."""

    items: list[Item]
