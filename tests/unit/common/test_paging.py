"""All pages of a list, the last one and an empty one included."""

import pytest

from common.service.paging import MOST, each
from common.wire.errors import ServiceDown


class Pages:
    """A service with `count` items; `shrinks`: items that went after the first page."""

    def __init__(self, count, shrinks=0):
        self.items, self.shrinks, self.asked = list(range(count)), shrinks, []

    def get(self, path, params):
        self.asked.append(params)
        first = (params["page"] - 1) * params["per_page"]
        answer = {"items": self.items[first:first + params["per_page"]], "total": len(self.items)}
        if self.shrinks:
            self.items, self.shrinks = self.items[:-self.shrinks], 0
        return answer


@pytest.mark.parametrize("count, pages", [(0, 1), (1, 1), (MOST, 1), (MOST + 1, 2), (3 * MOST, 3), (3 * MOST + 1, 4)])
def test_every_item_comes_once_and_no_page_is_asked_for_in_vain(count, pages):
    service = Pages(count)
    assert list(each(service, "/v1/runs", repo=1)) == list(range(count))
    assert service.asked == [{"repo": 1, "per_page": MOST, "page": page + 1} for page in range(pages)]


def test_a_list_that_becomes_shorter_meanwhile_has_an_end():
    assert len(list(each(Pages(2 * MOST + 1, shrinks=MOST + 1), "/v1/runs"))) == MOST


def test_pages_are_asked_for_when_their_turn_comes():
    service = Pages(5 * MOST)
    items = each(service, "/v1/runs")
    assert next(items) == 0 and len(service.asked) == 1


def test_filters_may_have_any_name():
    service = Pages(1)
    assert list(each(service, "/v1/findings", path="a", client="b")) == [0]
    assert service.asked[0]["path"] == "a"


def test_what_the_call_raises_comes_through():
    class Away:
        def get(self, path, params):
            raise ServiceDown("dbproxy does not answer")
    with pytest.raises(ServiceDown):
        list(each(Away(), "/v1/runs"))
