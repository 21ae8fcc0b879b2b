"""images/images.toml as data: which images there are, and what each stand-in is made of."""

import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cli.cache import fingerprint, folder_fingerprint
from cli.images.debian import DROP_CACHES, LEFT_OUT
from cli.instance import ROOT

IMAGES = ROOT / "images"
LOCAL_NAMESPACE = "continuum-standin"


@dataclass(frozen=True)
class Recipe:
    """How one stand-in is made: by the Dockerfile in `folder`, debian by mmdebstrap."""

    name: str
    folder: Path
    needs: tuple[str, ...] = ()
    binaries: tuple[str, ...] = ()
    args: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Image:
    """A third-party image: `env` names its setting, which the compose file reads too.

    `found_in`: the number of independent public projects in which `public` was found, a digest included.
    `no_digest`: why `public` has none; "" where it has one.
    """

    name: str
    env: str
    public: str
    recipe: Recipe
    found_in: int
    platforms: tuple[str, ...]
    no_digest: str = ""


@dataclass(frozen=True)
class Base:
    """A stand-in for Docker Hub's `library/<name>` under each of `tags`."""

    name: str
    tags: tuple[str, ...]
    recipe: Recipe


@dataclass(frozen=True)
class GoProgram:
    """Programs compiled from the Go module registry; `outputs` are their file names."""

    name: str
    version: str
    packages: tuple[str, ...]
    ldflags: str

    @property
    def outputs(self) -> tuple[str, ...]:
        return tuple(package.rsplit("/", 1)[1] for package in self.packages)

    @property
    def key(self) -> str:
        return fingerprint(self.name, self.version, *self.packages, self.ldflags)


class Manifest:
    """The parsed images.toml. Raises KeyError on a name that it does not hold."""

    def __init__(self, data: dict, root: Path = IMAGES):
        self.root = root
        self._debian = Recipe("debian", root / "debian")
        self.suite: str = data["debian"]["suite"]
        self.include: tuple[str, ...] = tuple(data["debian"]["include"])
        self.go_minimum: str = data["go_toolchain"]["minimum"]
        self.go_wheel = root / "toolchain" / "requirements.txt"
        self.go = {entry["name"]: _go(entry) for entry in data["go"]}
        self.images = {entry["name"]: self._image(entry) for entry in data["image"]}
        self.bases = {entry["name"]: self._base(entry) for entry in data["base"]}

    @classmethod
    def load(cls, root: Path = IMAGES) -> "Manifest":
        return cls(tomllib.loads((root / "images.toml").read_text()), root)

    @cached_property
    def recipes(self) -> dict[str, Recipe]:
        """Every stand-in by name, debian first."""
        found = {"debian": self._debian}
        for entry in (*self.images.values(), *self.bases.values()):
            found.setdefault(entry.recipe.name, entry.recipe)
        return found

    def with_needs(self, names: list[str]) -> list[Recipe]:
        """The named recipes and all that they stand on, what is needed first."""
        ordered: dict[str, Recipe] = {}

        def add(name: str) -> None:
            recipe = self.recipes[name]
            for need in recipe.needs:
                add(need)
            ordered.setdefault(name, recipe)

        for name in names:
            add(name)
        return list(ordered.values())

    def key(self, name: str) -> str:
        """The fingerprint of everything that goes into a stand-in."""
        recipe = self.recipes[name]
        if recipe == self._debian:
            return fingerprint(folder_fingerprint(recipe.folder), self.suite, *self.include, *LEFT_OUT, DROP_CACHES)
        return fingerprint(folder_fingerprint(recipe.folder),
                           *(f"{k}={v}" for k, v in sorted(recipe.args.items())),
                           *(self.key(need) for need in recipe.needs),
                           *(self.go[binary].key for binary in recipe.binaries))

    def reference(self, name: str) -> str:
        """The stand-in's name in the engine: it changes when its recipe does."""
        return f"{LOCAL_NAMESPACE}/{name}:{self.key(name)}"

    def _image(self, entry: dict) -> Image:
        return Image(entry["name"], entry["env"], entry["public"], self._recipe(entry),
                     entry["found_in"], tuple(entry["platforms"]), entry.get("no_digest", ""))

    def _base(self, entry: dict) -> Base:
        recipe = self._recipe(entry)
        if "image" in entry:  # the stand-in of an image above, under Docker Hub's name
            recipe = self._debian if entry["image"] == "debian" else self.images[entry["image"]].recipe
        return Base(entry["name"], tuple(entry["tags"]), recipe)

    def _recipe(self, entry: dict) -> Recipe:
        return Recipe(entry["name"], self.root / entry.get("folder", entry["name"]),
                      tuple(entry.get("needs", ())), tuple(entry.get("binaries", ())),
                      dict(entry.get("args", {})))


def _go(entry: dict) -> GoProgram:
    return GoProgram(entry["name"], entry["version"], tuple(entry["packages"]), entry["ldflags"])
