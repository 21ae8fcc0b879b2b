"""Third-party images: pulled by their pinned public reference, or made here.

`ensure_images` answers with what docker-compose.yml should use; nothing of the
stand-ins' way is in the product's code or in the compose file's defaults.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType

from cli import proc
from cli.cache import only_one
from cli.debian import refuse_unless_makeable
from cli.errors import CommandFailed, PlatformError
from cli.manifest import Image, Manifest
from cli.host.osrelease import OsRelease
from cli.plan import Piece, run_plan
from cli.progress import Progress, Task
from cli.standins import After, make_standins

PROBE_SECONDS = 6
SOURCES = ("auto", "pull", "local")


def ensure_images(progress: Progress, names: Iterable[str] | None = None, *, source: str | None = None,
                  ca_bundle: str | None = None, with_bases: bool = True,
                  after: After = MappingProxyType({})) -> dict[str, str]:
    """See that the engine has every named image (None: all of them).

    Returns compose's variables, as {"POSTGRES_IMAGE": "reference"}.
    `source`: "pull" the public ones, make them "local"ly, or "auto" (default,
    also from IMAGE_SOURCE): what is there, else pull where a registry answers
    within 6 s, else local. `with_bases` also makes the stand-ins for people's
    FROM lines, in the local way alone. Where something has to be made,
    `after[name](reference)` runs as soon as that image is there, in a thread
    beside the making of the others.
    Raises PlatformError.
    """
    manifest = Manifest.load()
    wanted = [manifest.images[name] for name in (names or manifest.images)]
    source = source or os.environ.get("IMAGE_SOURCE") or "auto"
    if source not in SOURCES:
        raise PlatformError(f"IMAGE_SOURCE is {source!r}", f"use one of {', '.join(SOURCES)}")
    present = present_references()
    if _choose(source, manifest, wanted, present, with_bases, progress) == "pull":
        references = _pull(wanted, present, progress)
    else:
        references = _make(manifest, wanted, present, progress, ca_bundle, with_bases, after)
    return references


def present_references() -> set[str]:
    """Every image of the engine, as repo:tag and as repo@digest."""
    listed = proc.answer(["docker", "image", "ls", "--digests", "--format",
                          "{{.Repository}}:{{.Tag}} {{.Repository}}@{{.Digest}}"])
    if listed is None:
        raise PlatformError("the Docker Engine does not answer", "run ./continuum up")
    return set(listed.split())


def is_present(reference: str, present: set[str]) -> bool:
    """Whether the engine has `repo:tag` or `repo:tag@digest`; a digest decides alone."""
    name, _, digest = reference.partition("@")
    return (f"{name.rsplit(':', 1)[0]}@{digest}" if digest else name) in present


def registry_answers(reference: str) -> bool:
    """Whether the registry of `reference` serves it, found out in at most 6 s."""
    return proc.answer(["docker", "manifest", "inspect", reference], timeout=PROBE_SECONDS) is not None


def _choose(source: str, manifest: Manifest, wanted: list[Image], present: set[str],
            with_bases: bool, progress: Progress) -> str:
    if source != "auto":
        return source
    if all(is_present(image.public, present) for image in wanted):
        return "pull"
    if all(manifest.reference(name) in present for name in _local_names(manifest, wanted, with_bases)):
        return "local"
    with progress.task("look for an image registry") as task:
        task.note(f"asking for {wanted[0].public}")
        found = registry_answers(wanted[0].public)
    progress.say("  an image registry answers: pulling" if found
                 else "  no image registry answers: making the images here, from packages")
    return "pull" if found else "local"


def _local_names(manifest: Manifest, wanted: list[Image], with_bases: bool) -> list[str]:
    bases = [base.recipe.name for base in manifest.bases.values()] if with_bases else []
    return list(dict.fromkeys([image.recipe.name for image in wanted] + bases))


def _pull(wanted: list[Image], present: set[str], progress: Progress) -> dict[str, str]:
    missing = [image for image in wanted if not is_present(image.public, present)]
    run_plan([Piece(image.name, "pull", partial(_pull_one, image, progress)) for image in missing], {"pull": 2})
    return {image.env: image.public for image in wanted}


def _pull_one(image: Image, progress: Progress) -> None:
    with progress.task(f"pull {image.name}") as task:
        try:
            proc.run(["docker", "pull", image.public], task)
        except CommandFailed as failed:
            failed.next_step = "try again, or set IMAGE_SOURCE=local to make the images on this machine"
            raise


def _make(manifest: Manifest, wanted: list[Image], present: set[str], progress: Progress,
          ca_bundle: str | None, with_bases: bool, after: After) -> dict[str, str]:
    names = _local_names(manifest, wanted, with_bases)
    if any(manifest.reference(name) not in present for name in names):
        refuse_unless_makeable(OsRelease.read(), os.geteuid())
        with progress.task("make the images") as task, _alone(task):
            make_standins(manifest, names, present_references(), progress,
                          Path(ca_bundle) if ca_bundle else None, after)
    return {image.env: manifest.reference(image.recipe.name) for image in wanted}


@contextmanager
def _alone(task: Task) -> Iterator[None]:
    """Two calls at once on one machine make everything once."""
    task.note("waiting for another call that makes images")
    with only_one("images"):
        task.note("")
        yield
