"""What one of several instances does for all of them."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from common.wire.errors import Forbidden


def claim(world, name, owner, seconds=60):
    return world.orchestrator.put(f"/v1/leases/{name}", {"owner": owner, "seconds": seconds})["held"]


def over(world, name):
    world.sql("UPDATE leases SET lease_until = now() - interval '1 second' WHERE name = %s", (name,))


def test_one_has_it_until_it_gives_it_back_or_its_time_is_over(world):
    assert claim(world, "poll", "one") and claim(world, "poll", "one") and not claim(world, "poll", "two")
    assert claim(world, "other", "two")
    world.orchestrator.delete("/v1/leases/poll", json={"owner": "two"})
    assert not claim(world, "poll", "two"), "nobody gives back what is another's"
    world.orchestrator.delete("/v1/leases/poll", json={"owner": "one"})
    assert claim(world, "poll", "two")
    over(world, "poll")
    assert claim(world, "poll", "three") and not claim(world, "poll", "two")


def test_of_many_that_claim_at_once_one_has_it(world):
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda owner: claim(world, "crowd", f"owner-{owner}"), range(24))) == 1


def test_no_other_service_claims(world):
    with pytest.raises(Forbidden):
        world.dashboard.put("/v1/leases/poll", {"owner": "one", "seconds": 60})
