"""Repositories of a local folder: real git, and the watcher that looks at them over a fake dbproxy."""

import subprocess

from forges import LocalForge
from orchestrator.runs.launch import Launcher
from orchestrator.scm.local_watcher import LocalWatcher
from orchestrator.scm.ref_sync import RefSync


class Repository:
    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *argv):
        done = subprocess.run(["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-C",
                               str(self.folder), *argv], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, message="change", **files):
        for name, text in files.items():
            path = self.folder / name.replace("__", "/")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        self.git("add", ".")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def configure(self, text):
        (self.folder / ".continuum.yml").write_text(text)
        return self.commit("configure")


def another(db, tmp_path):
    forge = LocalForge(tmp_path)
    return LocalWatcher(db.api, forge, RefSync(db.api, Launcher(db.api, {"local": forge})))


def runs(db):
    return [(run["event"], run["ref"], run["commit"]) for run in db.runs.values()]


def told(db):
    return [(row["ref"], row["outcome"], row["run"]) for row in db.ref_updates.values()]
