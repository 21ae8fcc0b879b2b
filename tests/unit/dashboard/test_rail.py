"""Where the rail of a run draws each stage."""

from common.wire.stages import STAGES, StageSpec
from dashboard.web import rail
from dashboard.web.rail import Place

SHEET = """\
.rail { grid-template-columns: repeat(4, minmax(0, 1fr)); }
.rail .stage-build { grid-column: 1; grid-row: 1 / span 2; }
.rail .stage-build > * { height: 100%; }
.rail .stage-scan { grid-column: 2 / span 2; grid-row: 2; }
.rail .stage-deploy { grid-column: 2; grid-row: 1; }
.rail .stage-test { grid-column: 3; grid-row: 1; }
.rail .stage-promote { grid-column: 4; grid-row: 1 / span 2; }
.rail .stage-promote > * { height: 100%; }"""


def places(monkeypatch, **after) -> dict[str, Place]:
    """Of a table with these stages, each with what it waits for."""
    monkeypatch.setattr(rail, "STAGES", {name: StageSpec(name, "tester", waits, ("full",)) for name, waits in after.items()})
    return rail.places()


def test_scan_is_a_second_track_beside_deploy_and_test():
    assert rail.style_sheet() == SHEET


def test_three_side_by_side_have_three_tracks(monkeypatch):
    found = places(monkeypatch, a=(), b=("a",), c=("a",), d=("a",), e=("b", "c", "d"))
    assert found == {"a": Place(1, 1), "b": Place(2, 2, 1), "c": Place(2, 2, 2), "d": Place(2, 2, 3), "e": Place(3, 3)}


def test_stages_in_a_row_have_one_track(monkeypatch):
    assert places(monkeypatch, a=(), b=("a",)) == {"a": Place(1, 1), "b": Place(2, 2)}


def test_what_nobody_waits_for_takes_one_column(monkeypatch):
    assert places(monkeypatch, a=(), b=("a",), c=("a",), d=("c",))["b"] == Place(2, 2, 1)


def test_no_two_are_in_one_place():
    found = rail.places()
    assert not [(one, other) for one in STAGES for other in STAGES if one < other and found[one].meets(found[other])
                and found[one].track == found[other].track]
