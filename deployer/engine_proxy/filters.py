"""Which objects of the engine deployer may list: `filters` must narrow a list to what belongs to this installation.

Networks are the exception: deployer must know which subnets are taken, whoever took them.
"""

from __future__ import annotations

from .. import isolation, names
from .lookups import Lookups, image_id
from .refused import Refused

Filters = dict[str, list[str]]


async def check(kind: str, filters: object, instance: str, lookups: Lookups) -> Filters:
    """`kind`: containers, networks, volumes or events. Raises Refused where the list would hold what is not ours."""
    given = _lists_of_text(filters)
    labels = given.get("label", [])
    ours = f"{names.INSTANCE}={instance}" in labels
    if kind == "containers":
        await _containers(given, ours or f"{names.PROJECT}={instance}" in labels, lookups)
    elif kind == "events":
        _only(given, {"type", "event", "label"})
        if given.get("type") != ["container"] or not set(given.get("event", ["-"])) <= set(isolation.EVENTS) or not ours:
            raise Refused("filters: only events of this instance's containers are passed on")
    else:
        _only(given, {"label"})
        if kind == "volumes" and not ours:
            raise Refused(f"filters: the label {names.INSTANCE}={instance} is missing")
    return given


async def _containers(given: Filters, ours: bool, lookups: Lookups) -> None:
    """By the instance's label, or all that were made from an image of an app."""
    _only(given, {"label", "ancestor"})
    images = given.get("ancestor", [])
    if not ours and len(images) != 1:
        raise Refused("filters: the instance's label, or one image of an app, is needed")
    for image in images:
        await lookups.image_of_ours(image_id(image))


def _lists_of_text(filters: object) -> Filters:
    if not isinstance(filters, dict) or not all(
            isinstance(values, list) and all(isinstance(value, str) for value in values) for values in filters.values()):
        raise Refused("filters must be an object of lists of texts")
    return filters


def _only(given: Filters, known: set[str]) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise Refused(f"filters: {unknown[0]!r} is not one that deployer uses")


