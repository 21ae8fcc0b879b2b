"""Write a vulnerability database from advisories.

    python -m images.grype_database write OUT.tar.gz       an archive for `./continuum db import`
    python -m images.grype_database mirror FOLDER          an archive with its listing; serve FOLDER over HTTP and
                                                           set GRYPE_DB_UPDATE_URL to its address

With --advisories FILE (TOML, as advisories.py describes it) it holds these. Without, it is the stand-in, which tells
wherever it is imported that it is not the full database.
"""

from __future__ import annotations

import argparse
import sys
from datetime import datetime, timezone
from pathlib import Path

from common.wire.partial_database import MARK

from . import advisories
from .archive import write_archive, write_mirror


def main(argv: list[str] | None = None) -> int:
    options = _parser().parse_args(argv)
    mark = "continuum" if options.advisories else MARK
    write = write_archive if options.command == "write" else write_mirror
    try:
        known = advisories.load(options.advisories or advisories.STANDIN)
        write(options.target, known, options.built or _default_time(known, mark), mark)
    except (advisories.AdvisoryError, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"{options.target}: {len({item.id for item in known.advisories})} vulnerabilities")
    return 0


def _default_time(known: advisories.AdvisorySet, mark: str) -> datetime:
    """The stand-in is as old as its facts; another database is as old as its writing."""
    return known.facts if mark == MARK and known.facts else datetime.now(timezone.utc)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m images.grype_database", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, target in (("write", "OUT.tar.gz"), ("mirror", "FOLDER")):
        command = commands.add_parser(name)
        command.add_argument("target", type=Path, metavar=target)
        command.add_argument("--advisories", type=Path, metavar="FILE")
        command.add_argument("--built", type=_moment, metavar="TIME", help="ISO 8601; default: now")
    return parser


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


if __name__ == "__main__":
    sys.exit(main())
