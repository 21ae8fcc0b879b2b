"""Request bodies: unknown keys are refused by name, and text is made fit for Postgres once, at the edge."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator

from common.api.base import Row

Actor = Annotated[str, Field(min_length=1, max_length=200)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, data):
        return storable(data)

    def given(self) -> dict:
        """Only the fields that the caller sent."""
        return self.model_dump(exclude_unset=True)


def change_of(row: type[Row]) -> type[Body]:
    """A body with the fields of `row`, each of which may be left out: it stays; or null: its default holds again."""
    return create_model(f"{row.__name__}Change", __base__=Body,
                        **{name: (field.annotation | None, None) for name, field in row.model_fields.items()})


class Claim(Body):
    """Of rows that wait for work: runs, deliveries, reports."""

    owner: Name
    limit: int = Field(default=1, ge=1, le=100)
    wait: float = Field(default=0, ge=0, le=30)      # seconds


def storable(value):
    """`value` (JSON) with what Postgres cannot hold written in letters: NUL and lone surrogates."""
    if isinstance(value, str):
        return value.replace("\0", "␀").encode("utf-8", "backslashreplace").decode()
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    return value
