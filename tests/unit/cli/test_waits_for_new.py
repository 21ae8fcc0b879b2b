"""Case 49 from the field: a repository that was just put into the folder is waited for, one that is nowhere is not."""

import subprocess
from types import SimpleNamespace

import pytest

from cli import api
from cli.api import Api, ApiError


class Soon(Api):
    """An API that finds a repository at the look `found_at`; 0: never."""

    def __init__(self, root, found_at):
        self.instance, self.settings = SimpleNamespace(root=root), {"LOCAL_REPOSITORIES": "repositories"}
        self.looks, self._found_at = 0, found_at

    def get(self, path, **query):
        self.looks += 1
        if self.looks != self._found_at:
            raise ApiError(404, "There is no such page")
        return {"id": 5, "path": path}


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(api.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(api.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


def git_init(tmp_path, folder="ann/shop", *options):
    subprocess.run(["git", "init", "--quiet", *options, str(tmp_path / "repositories" / folder)], check=True)


@pytest.mark.parametrize("folder, options", [("ann/shop", ()), ("ann/shop.git", ("--bare",)), ("ann/shop", ("--bare",))])
def test_a_repository_in_the_folder_is_waited_for(tmp_path, folder, options):
    git_init(tmp_path, folder, *options)
    soon = Soon(tmp_path, found_at=4)
    assert soon.repo("ann/shop") == {"id": 5, "path": "/repos/local/ann/shop"} and soon.looks == 4


def test_one_that_stays_unknown_ends_the_wait_with_its_name(tmp_path, clock):
    git_init(tmp_path)
    with pytest.raises(ApiError, match="Repository ann/shop does not exist, or you don't have access to it"):
        Soon(tmp_path, found_at=0).repo("ann/shop")
    assert api.DISCOVERY <= clock[0] < 2 * api.DISCOVERY


def test_what_is_in_no_folder_is_not_waited_for(tmp_path):
    soon = Soon(tmp_path, found_at=2)
    with pytest.raises(ApiError, match="ann/shop does not exist"):
        soon.repo("ann/shop")
    assert soon.looks == 1


def test_a_refusal_of_another_kind_is_told_at_once(tmp_path, monkeypatch):
    (tmp_path / "repositories" / "ann" / "shop").mkdir(parents=True)
    refusal = ApiError(403, "You may not read this")
    monkeypatch.setattr(Soon, "get", lambda self, path, **query: (_ for _ in ()).throw(refusal))
    with pytest.raises(ApiError) as raised:
        Soon(tmp_path, found_at=0).repo("ann/shop")
    assert raised.value is refusal


def test_a_folder_that_git_does_not_know_is_not_waited_for(tmp_path, clock):
    (tmp_path / "repositories" / "ann" / "shop").mkdir(parents=True)
    with pytest.raises(ApiError, match="ann/shop does not exist"):
        Soon(tmp_path, found_at=2).repo("ann/shop")
    assert clock[0] == 0
