"""How the platform is."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Part(BaseModel):
    name: str
    state: str = Field(description="success, pending (degraded) or failure")
    detail: str


class Status(BaseModel):
    """Of a part that does not answer there is null."""

    parts: list[Part]
    warnings: list[str] = []
    workers: dict | None = None
    log_queue: dict | None = None
    database: dict | None = None
    vulnerabilities: dict | None = None
    engine: dict | None = None
