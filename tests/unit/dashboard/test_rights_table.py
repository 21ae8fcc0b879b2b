"""What each route needs, written down a second time by hand: a route whose right is lowered, or forgotten, is noticed.

Who adds a route writes its line into rights.txt, where a reviewer sees it.
"""

from pathlib import Path

from dashboard.auth.rights import RIGHTS

TABLE = Path(__file__).with_name("rights.txt")


def declared(app) -> set[str]:
    return {f"{app.view_functions[rule.endpoint].right} {method} {rule.rule}"
            for rule in app.url_map.iter_rules() for method in rule.methods - {"HEAD", "OPTIONS"}}


def written() -> set[str]:
    return {" ".join(line.split()) for line in TABLE.read_text().splitlines() if line and not line.startswith("#")}


def test_each_route_needs_what_is_written_down(app):
    assert sorted(declared(app) - written()) == [], "these lines are not in rights.txt"
    assert sorted(written() - declared(app)) == [], "rights.txt has lines of no route"


def test_each_right_that_is_lowered_is_noticed(app, monkeypatch):
    """S59, for each route by itself."""
    lowered = 0
    for view in {app.view_functions[rule.endpoint] for rule in app.url_map.iter_rules()}:
        for right in RIGHTS[:RIGHTS.index(view.right)]:
            with monkeypatch.context() as patch:
                patch.setattr(view, "right", right)
                assert declared(app) != written(), f"{view.__name__} as {right}"
            lowered += 1
    assert lowered > 100
