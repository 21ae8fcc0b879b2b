"""The structure's figures: each stays at or under its limit, and a limit that could be lower is lowered."""

import pytest

from tests.figures.structure import figures

FIGURES = figures()


@pytest.mark.parametrize("figure", FIGURES, ids=[figure.name for figure in FIGURES])
def test_a_figure_stays_within_its_limit(figure):
    assert len(figure.found) <= figure.limit, figure.found
    assert len(figure.found) == figure.limit, f"lower the limit in tests/figures/structure.py to {len(figure.found)}"
