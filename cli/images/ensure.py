"""Decide for each third-party image: present, pulled, or made here from packages.

`ensure_images` answers with what docker-compose.yml should use. An image that a person set is only ever pulled. Ours
are made here only where no registry can be reached, or where IMAGE_SOURCE=local asks for it.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType

from cli import proc
from cli.cache import only_one
from cli.errors import PlatformError
from cli.host.osrelease import OsRelease
from cli.images.debian import refuse_unless_makeable
from cli.images.lock import Lock
from cli.images.manifest import Image, Manifest
from cli.images.outcome import Kind, Outcome
from cli.images.pull import Patience, pull
from cli.images.reference import Reference
from cli.images.refusal import refusal
from cli.images.standins import After, make_standins
from cli.plan import Piece, run_plan
from cli.progress import Progress, Task

SOURCES = ("auto", "pull", "local")


@dataclass(frozen=True)
class Choices:
    """What a person decided. `settings` are .env's values, `file` is where they are, `lock` the path of images.lock."""

    file: Path
    lock: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    patience: Patience = field(default_factory=Patience)

    @property
    def source(self) -> str:
        """IMAGE_SOURCE of the environment before that of .env. Raises PlatformError."""
        source = os.environ.get("IMAGE_SOURCE") or self.settings.get("IMAGE_SOURCE") or "auto"
        if source not in SOURCES:
            raise PlatformError(f"IMAGE_SOURCE is {source!r}", f"use one of {', '.join(SOURCES)}")
        return source


@dataclass(frozen=True)
class Wanted:
    """One image with the reference to use: ours, or the one that a person set."""

    image: Image
    asked: Reference
    ours: bool


class Unreachable(Exception):
    """The registry of `wanted` could not be reached."""

    def __init__(self, wanted: Wanted, outcome: Outcome):
        super().__init__(outcome.message)
        self.wanted, self.outcome = wanted, outcome


def ensure_images(progress: Progress, choices: Choices, names: Iterable[str] | None = None, *,
                  with_bases: bool = True, after: After = MappingProxyType({})) -> dict[str, str]:
    """See that the engine has every named image (None: all of them).

    Returns compose's variables, as {"POSTGRES_IMAGE": "reference"}. `with_bases` also makes the stand-ins for people's
    FROM lines, in the local way alone. Where something has to be made, `after[name](reference)` runs as soon as that
    image is there, in a thread beside the making of the others. Raises PlatformError.
    """
    return _Ensuring(progress, choices, names, with_bases, after).run()


def present_references() -> set[str]:
    """Every image of the engine, as repo:tag and as repo@digest."""
    listed = proc.answer(["docker", "image", "ls", "--digests", "--format",
                          "{{.Repository}}:{{.Tag}} {{.Repository}}@{{.Digest}}"])
    if listed is None:
        raise PlatformError("the Docker Engine does not answer", "run ./continuum up")
    return set(listed.split())


class _Ensuring:
    """One call of ensure_images."""

    def __init__(self, progress: Progress, choices: Choices, names: Iterable[str] | None, with_bases: bool,
                 after: After):
        self._progress, self._choices, self._after = progress, choices, after
        self._manifest = Manifest.load()
        self._lock = Lock(choices.lock)
        self._source = choices.source
        wanted = [_wanted(self._manifest.images[name], choices.settings) for name in (names or self._manifest.images)]
        self._ours = [one for one in wanted if one.ours]
        self._theirs = [one for one in wanted if not one.ours]
        bases = [base.recipe.name for base in self._manifest.bases.values()] if with_bases else []
        self._standins = list(dict.fromkeys([one.image.recipe.name for one in self._ours] + bases))
        self._present = present_references()

    def run(self) -> dict[str, str]:
        theirs = self._pull_theirs()
        return theirs | (self._make() if self._ours and self._takes_standins() else self._pull_all(self._ours))

    def _takes_standins(self) -> bool:
        """Whether ours are made here. In `auto`, the first pull that is needed finds out."""
        if self._source != "auto":
            return self._source == "local"
        missing = [one for one in self._ours if not self._use(one).is_in(self._present)]
        if not missing:
            return False
        if self._has_standins():
            return True
        try:
            self._pull_one(missing[0])
        except Unreachable as problem:
            self._announce(problem)
            return True
        return False

    def _has_standins(self) -> bool:
        return all(self._manifest.reference(name) in self._present for name in self._standins)

    def _announce(self, problem: Unreachable) -> None:
        self._progress.say(f"  no image registry can be reached: {problem.outcome.message}")
        self._progress.say("  making the images here, from packages: this takes minutes and needs root. "
                           "IMAGE_SOURCE=pull never does this")

    def _pull_theirs(self) -> dict[str, str]:
        return self._pull_all(self._theirs)

    def _pull_all(self, wanted: list[Wanted]) -> dict[str, str]:
        missing = [one for one in wanted if not self._use(one).is_in(self._present)]
        try:
            run_plan([Piece(one.image.name, "pull", partial(self._pull_one, one)) for one in missing], {"pull": 2})
        except Unreachable as problem:
            raise self._refusal(problem.wanted, problem.outcome) from problem
        return {one.image.env: str(self._settle(one)) for one in wanted}

    def _use(self, wanted: Wanted) -> Reference:
        """What was asked for, at the digest that it gave earlier."""
        digest = self._lock.digest(wanted.image.name, str(wanted.asked))
        return wanted.asked.at(digest) if digest else wanted.asked

    def _pull_one(self, wanted: Wanted) -> None:
        """Pull it, and its tag alone where the digest is unknown. Raises Unreachable and PlatformError."""
        use = self._use(wanted)
        with self._progress.task(f"pull {wanted.image.name}") as task:
            outcome = pull(str(use), task, self._choices.patience)
            if outcome.kind is Kind.UNKNOWN and use.digest and use.tag:
                task.say(f"  {use.registry} does not have {use}: pulling {use.at('')} instead")
                outcome = pull(str(use.at("")), task, self._choices.patience)
                if outcome.kind is Kind.PULLED:
                    self._record(wanted, use.at(""), task.say)
            if outcome.kind is Kind.UNREACHABLE:
                raise Unreachable(wanted, outcome)
            if outcome.kind is not Kind.PULLED:
                raise self._refusal(wanted, outcome)

    def _refusal(self, wanted: Wanted, outcome: Outcome) -> PlatformError:
        return refusal(wanted.image.env, wanted.asked, outcome, self._choices.file)

    def _settle(self, wanted: Wanted) -> Reference:
        """What compose uses: with the digest, wherever the engine knows one."""
        use = self._use(wanted)
        if not self._lock.digest(wanted.image.name, str(wanted.asked)):
            self._record(wanted, use, self._progress.say)
        return self._use(wanted)

    def _record(self, wanted: Wanted, pulled: Reference, say) -> None:
        """Store the digest. A change is reported, also where only images.toml named the earlier one."""
        digest = _digest_of(pulled)
        if not digest:      # loaded or built on this machine: it came from no registry
            return
        earlier = self._lock.record(wanted.image.name, str(wanted.asked), digest) or wanted.asked.digest
        if earlier and earlier != digest:
            say(f"  {wanted.image.env}: {pulled} is {digest} now, not {earlier}; recorded in {self._choices.lock}")

    def _make(self) -> dict[str, str]:
        if not self._has_standins():
            refuse_unless_makeable(OsRelease.read(), os.geteuid())
            with self._progress.task("make the images") as task, _alone(task):
                make_standins(self._manifest, self._standins, present_references(), self._progress,
                              _path(self._choices.settings.get("CA_BUNDLE")), self._after)
        return {one.image.env: self._manifest.reference(one.image.recipe.name) for one in self._ours}


def _wanted(image: Image, settings: Mapping[str, str]) -> Wanted:
    chosen = settings.get(image.env, "")
    return Wanted(image, Reference.parse(chosen or image.public), not chosen)


def _digest_of(reference: Reference) -> str | None:
    """The digest under which the engine pulled `reference`; None where it came from no registry."""
    if reference.digest:
        return reference.digest
    listed = proc.answer(["docker", "image", "inspect", "--format", "{{json .RepoDigests}}", str(reference)])
    found = (Reference.parse(text) for text in json.loads(listed or "null") or ())
    familiar = reference.name.removeprefix("docker.io/").removeprefix("library/")
    return next((one.digest for one in found if one.name == familiar), None)


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


@contextmanager
def _alone(task: Task) -> Iterator[None]:
    """Two calls at once on one machine make everything once."""
    task.note("waiting for another call that makes images")
    with only_one("images"):
        task.note("")
        yield
