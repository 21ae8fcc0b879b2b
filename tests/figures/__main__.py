"""Print each figure beside its limit; exit code 1 where one is over it."""

import sys

from .structure import figures

FIGURES = figures()
for figure in FIGURES:
    print(f"  {len(figure.found):>5}  at most {figure.limit:>3}  {figure.name}")
sys.exit(any(len(figure.found) > figure.limit for figure in FIGURES))
