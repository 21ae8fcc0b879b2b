"""What changed, told to those who asked; nothing is lost between a page and its stream."""

from common.api.client import Dbproxy
from common.api.events import Event, Events
from common.wire.errors import ServiceDown
from dashboard.live import sse
from dashboard.live.events import EventHub, stream_events
from dashboard.live.mailbox import LOST, Mailbox
from tests.unit.dashboard.streams import parsed


def updated(number: int, **about) -> Event:
    return Event(id=number, kind="run.updated", at="2026-11-22T21:00:00.000Z", **about)


def stored(last: int, *events: Event, missed: bool = False) -> dict:
    return Events(events=list(events), last=last, missed=missed).model_dump(mode="json")


class Store:
    """dbproxy: each of `answers` in turn, one of which may be raised."""

    def __init__(self, *answers):
        self._answers = list(answers)

    def call(self, method, path, **_):
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_events_reach_those_who_asked_and_nobody_else():
    hub, ours, theirs = EventHub(None), Mailbox(5), Mailbox(5)
    event = updated(4, repo=1, run=9)
    with hub.listen({"run:9"}, ours), hub.listen({"run:10", "repo:2", "status"}, theirs):
        hub._hand_out(event)
        assert ours.take(0) == event and theirs.take(0) is None


def test_a_stream_of_events_resumes_without_a_double():
    hub = EventHub(Dbproxy(Store(stored(6, updated(5, run=9), updated(6, run=1)), stored(6))))
    stream = stream_events(hub, {"run:9"}, after=4)
    assert next(stream) == sse.RETRY
    assert parsed(next(stream))[0][1]["id"] == 5
    assert parsed(next(stream))[0][0] == "ready"
    hub._hand_out(updated(5, run=9))
    hub._hand_out(updated(8, run=9))
    assert parsed(next(stream))[0][1]["id"] == 8
    stream.close()


def test_events_that_the_store_forgot_are_owned_up_to():
    hub, box = EventHub(Dbproxy(Store(stored(90, missed=True)))), Mailbox(5)
    hub.last = 3
    with hub.listen({"run:1"}, box):
        hub._poll()
    assert box.take(0) is LOST and hub.last == 90


def test_the_hub_goes_on_after_dbproxy_was_away():
    hub = EventHub(Dbproxy(Store(ServiceDown("away"), stored(2))))
    assert hub.loop.turn() > 0 and not hub.connected
    hub.loop.turn()
    assert hub.connected and hub.last == 2


def test_a_page_says_which_events_it_knows_of(people, app):
    """Its stream begins there: what changes between the page and the stream is not lost."""
    client = people.browser("ann")
    app.extensions["events"].last = 41
    assert 'data-seen="41"' in client.get("/repos/local/acme/shop").text
