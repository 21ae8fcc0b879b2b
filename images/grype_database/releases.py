"""A release of a distribution as Grype looks it up.

An image whose os-release has VERSION_CODENAME is looked up by number and codename together, so a row for
Debian is found only if its codename is right. Grype compares the minor version with '', never with NULL.
"""

from __future__ import annotations

from typing import NamedTuple

DEBIAN_CODENAMES = {"10": "buster", "11": "bullseye", "12": "bookworm", "13": "trixie"}
RHEL_NAMES = {"rhel": "redhat"}       # os-release ID -> Grype's own name


class AdvisoryError(ValueError):
    """An advisory cannot be written as a row that Grype would read; `str()` is a sentence for people."""


class Release(NamedTuple):
    """The columns of `operating_systems`, in the order of its unique index, then the codename."""

    name: str
    release_id: str
    major_version: str
    minor_version: str
    label_version: str
    channel: str
    codename: str


def parse_release(text: str) -> Release:
    """`debian:12`, `debian:unstable`, `alpine:3.18`, `rhel:9`. Raises AdvisoryError."""
    distribution, _, version = text.partition(":")
    if distribution not in ("debian", "alpine", "rhel") or not version:
        raise AdvisoryError(f"release {text!r} is not one of debian:N, debian:unstable, alpine:N.N, rhel:N")
    major, _, minor = version.partition(".") if version[0].isdigit() else ("", "", "")
    codename = DEBIAN_CODENAMES.get(major, "") if distribution == "debian" else ""
    if distribution == "debian" and major and not codename:
        raise AdvisoryError(f"release {text!r}: known are debian:{', debian:'.join(DEBIAN_CODENAMES)}")
    return Release(RHEL_NAMES.get(distribution, distribution), distribution, major, minor,
                   "" if major else version, "", codename)


def provider_of(release: Release) -> str:
    """The first part of the namespace that reports show, as in `debian:distro:debian:12`."""
    return release.release_id
