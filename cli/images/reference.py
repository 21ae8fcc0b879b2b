"""Image references as people write them: [host/]name[:tag][@digest]."""

from dataclasses import dataclass, replace

DOCKER_HUB = "docker.io"


@dataclass(frozen=True)
class Reference:
    """`name` with its host, as it was written; `tag` and `digest` may be ""."""

    name: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> "Reference":
        rest, _, digest = text.partition("@")
        folder, slash, last = rest.rpartition("/")
        last, _, tag = last.partition(":")
        return cls(folder + slash + last, tag, digest)

    def __str__(self) -> str:
        return self.name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    @property
    def registry(self) -> str:
        """The registry's host as the engine understands it."""
        first, slash, _ = self.name.partition("/")
        return first if slash and (first == "localhost" or any(c in first for c in ".:")) else DOCKER_HUB

    def at(self, digest: str) -> "Reference":
        return replace(self, digest=digest)

    def is_in(self, present: set[str]) -> bool:
        """Whether the engine's list has it; a digest decides alone."""
        familiar = self.name.removeprefix("docker.io/").removeprefix("library/")
        return (f"{familiar}@{self.digest}" if self.digest else f"{familiar}:{self.tag or 'latest'}") in present
