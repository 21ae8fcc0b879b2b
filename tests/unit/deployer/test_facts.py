"""What is told of the engine: fresh where it matters, asked for now and then where it costs much."""

from types import SimpleNamespace

import pytest

from common.wire.errors import Unavailable
from deployer.facts import DISK_EVERY, INFO_EVERY, Facts

INFO = {"ServerVersion": "27.0", "NCPU": 2, "MemTotal": 8, "Driver": "overlay2", "ContainersRunning": 3,
        "ContainersStopped": 1, "Warnings": None}


class FakeEngine:
    def __init__(self):
        self.asked, self.ours, self.down = [], 5, False
        self.api = SimpleNamespace(api_version="1.45", info=self.info, df=self.df)

    def containers(self):
        if self.down:
            raise Unavailable("the Docker Engine does not answer")
        return [{}] * self.ours

    def info(self):
        self.asked.append("info")
        return INFO

    def df(self):
        self.asked.append("df")
        return {"LayersSize": 7, "Volumes": [{"UsageData": {"Size": -1}}, {"UsageData": {"Size": 4}}]}


@pytest.fixture
def engine():
    return FakeEngine()


@pytest.fixture
def now():
    return SimpleNamespace(at=1000.0)


@pytest.fixture
def facts(engine, now, tmp_path):
    return Facts(engine, str(tmp_path), lambda: now.at)


def test_what_the_engine_says(facts):
    told = facts.now()
    assert (told["version"], told["cpus"], told["api"], told["warnings"]) == ("27.0", 2, "1.45", [])
    assert told["containers"] == {"running": 3, "stopped": 1, "ours": 5}
    assert told["disk"].items() >= {"images": 7, "volumes": 4, "build_cache": 0}.items() and "used_percent" in told["disk"]


def test_our_containers_are_counted_each_time(facts, engine):
    facts.now()
    engine.ours = 6
    assert facts.now()["containers"]["ours"] == 6 and engine.asked == ["info", "df"]


def test_an_engine_that_went_away_is_told_at_once(facts, engine):
    facts.now()
    engine.down = True
    with pytest.raises(Unavailable):
        facts.now()


def test_each_is_asked_again_in_its_time(facts, engine, now):
    facts.now()
    now.at += INFO_EVERY + 1
    facts.now()
    assert engine.asked == ["info", "df", "info"]
    now.at += DISK_EVERY
    facts.now()
    assert engine.asked == ["info", "df", "info", "info", "df"]
