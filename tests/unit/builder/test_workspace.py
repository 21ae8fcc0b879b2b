"""Folders of jobs end with the job, and those of dead processes at the next start."""

import base64
import json
import stat

import pytest

from builder.workspace import Workspace, registry_credentials
from common.errors import ServiceDown


def test_a_job_has_a_fresh_folder_that_goes_with_it(tmp_path):
    workspace = Workspace(tmp_path)
    with pytest.raises(RuntimeError), workspace.job("1.build.1") as place:
        (place / "deep").mkdir()
        (place / "deep" / "file").write_text("x")
        raise RuntimeError
    assert not place.exists()
    workspace.close()
    assert list(tmp_path.iterdir()) == []


def test_only_the_folders_of_dead_processes_are_swept(tmp_path):
    dead, living = Workspace(tmp_path), Workspace(tmp_path)
    (dead.folder / "1.build.1-x").mkdir()
    dead._lock.close()                      # what the kernel does at a kill -9
    third = Workspace(tmp_path)
    assert third.swept == 1
    assert not dead.folder.exists() and living.folder.exists()


def test_credentials_are_for_this_user_alone():
    with registry_credentials("registry:5000", "me", "pass") as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert json.loads((folder / "config.json").read_text()) == {"auths": {"registry:5000": {"auth": "bWU6cGFzcw=="}}}
    assert not folder.exists()


def test_logins_for_base_images_never_replace_those_of_our_registry(tmp_path):
    logins = tmp_path / "logins.json"
    logins.write_text(json.dumps({"auths": {"r.example": {"auth": "YTpi"}, "registry:5000": {"auth": "other"}}}))
    assert auths(logins) == {"r.example": {"auth": "YTpi"}, "registry:5000": {"auth": base64.b64encode(b"me:pass").decode()}}


def test_each_build_gets_the_logins_of_its_time(tmp_path):
    logins = tmp_path / "logins.json"
    assert set(auths(logins)) == {"registry:5000"}
    logins.write_text(json.dumps({"auths": {"r.example": {"auth": "YTpi"}}}))
    assert set(auths(logins)) == {"r.example", "registry:5000"}


def test_logins_that_are_not_json_are_our_error_and_are_not_shown(tmp_path):
    logins = tmp_path / "logins.json"
    logins.write_text('{"auths": {"r.example": {"auth": "s3cret"')
    with pytest.raises(ServiceDown, match="continuum up") as raised:
        auths(logins)
    assert "s3cret" not in str(raised.value) and raised.value.__suppress_context__


def auths(logins):
    with registry_credentials("registry:5000", "me", "pass", logins) as folder:
        return json.loads((folder / "config.json").read_text())["auths"]
