"""Write every requirements.txt from the requirements.in beside it: all packages, pinned, with the hashes of their files.

Run it with the tests' environment after you change a requirements.in:

    python -m tests.lock_requirements [--upgrade | --upgrade-package NAME]

The tests' own list includes those of the services and the command line. It is resolved first and constrains the others,
so that a package has one version everywhere. The stand-ins under images/ are never installed beside the rest and follow
the versions of the public images, so they are resolved on their own. Without an option, versions that are in the files
already stay.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIRST = Path("tests", "requirements.in")
OLDEST_PYTHON = "3.11"      # of the command line; the services run a newer one
HEADER = "# Written by `python -m tests.lock_requirements` from {name}. Do not edit.\n"


def sources(root: Path = ROOT) -> list[Path]:
    """Return every requirements.in, relative to `root`. The one that includes the others comes first."""
    found = sorted(path.relative_to(root) for pattern in ("*", "*/*") for path in root.glob(f"{pattern}/requirements.in"))
    return [FIRST, *(path for path in found if path != FIRST)]


def is_alone(source: Path) -> bool:
    """Return whether the list is resolved without the versions of the others."""
    return source == FIRST or source.parts[0] == "images"


def argv(source: Path, *options: str) -> list[str]:
    """Return the call of uv. `--universal` keeps what only other platforms need, with a marker."""
    constraint = [] if is_alone(source) else ["--constraint", str(FIRST.with_suffix(".txt"))]
    return [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header",
            "--no-annotate", "--python-version", OLDEST_PYTHON, *constraint, *options,
            "--output-file", str(source.with_suffix(".txt")), str(source)]


def main() -> None:
    for source in sources():
        subprocess.run(argv(source, *sys.argv[1:]), cwd=ROOT, check=True)
        target = ROOT / source.with_suffix(".txt")
        target.write_text(HEADER.format(name=source.as_posix()) + target.read_text())


if __name__ == "__main__":
    main()
