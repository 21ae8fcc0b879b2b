"""An installation on this machine: its name, its settings file and the folder of what is generated for it.

The default one is `continuum` with `.env` at the repository's root. Tests run in one of their own
(`continuum-test`), with its own ports and volumes, beside whatever is installed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEFAULT = "continuum"


@dataclass(frozen=True)
class Instance:
    name: str = DEFAULT
    root: Path = ROOT

    @property
    def state_dir(self) -> Path:
        """Generated files: image names, the registry's certificates, the command line's token."""
        base = self.root / ".continuum"
        return base if self.name == DEFAULT else base / self.name

    @property
    def env_file(self) -> Path:
        return self.root / ".env" if self.name == DEFAULT else self.state_dir / ".env"

    @property
    def generated_env(self) -> Path:
        return self.state_dir / "generated.env"

    @property
    def token_file(self) -> Path:
        return self.state_dir / "token"

    def prepare(self) -> None:
        self.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
