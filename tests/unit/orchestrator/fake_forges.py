"""Forges in memory, and what would be told to them."""

from dataclasses import replace

from common.wire.contracts import Clone
from common.wire.errors import BadRequest, NotFound
from forges import GitHubForge, LocalForge
from forges.base import Account, Commit, Forge, ForgeRepo, Page, Ref, Refs
from forges.github import events

COMMIT = "c" * 40


class FakeForge(Forge):
    name, title = "local", "the local folder"
    capabilities = LocalForge.capabilities

    def __init__(self):
        self.heads, self.files, self.messages, self.diffs = {"main": COMMIT}, {}, {}, {}

    def repos(self, query="", page=1, per_page=30, account=None):
        return Page([self.repo("ada", "hello")], 1, page, per_page)

    def repo(self, owner, name, account=None):
        return ForgeRepo(owner, name, "main")

    def refs(self, owner, name, account=None):
        return Refs("main", [Ref(name, commit) for name, commit in self.heads.items() if not name.startswith("v")],
                    [Ref(name, commit) for name, commit in self.heads.items() if name.startswith("v")])

    def resolve(self, owner, name, ref, account=None):
        if ref.startswith("-"):
            raise BadRequest("no ref")
        sha = self.heads.get(ref, ref)
        if len(sha) != 40:
            raise NotFound(f"no ref {ref}")
        return Commit(sha, self.messages.get(sha, "Subject\n\nbody"), "Ada", 0)

    def file(self, owner, name, ref, path, account=None):
        if ref not in self.files:
            raise NotFound(path)
        return self.files[ref].encode()

    def changed(self, owner, name, before, after, account=None):
        return self.diffs.get(after)

    def right_of(self, account: Account, owner, name):
        return "admin"

    def clone(self, owner, name):
        return Clone(url=f"/repositories/{owner}/{name}.git")


class FakeHub(FakeForge):
    """A forge with everything. `asked`: its calls; `problem`: what each raises; `gone`: it has no such repository."""

    name, title = "github", "GitHub"
    capabilities, webhook_events = GitHubForge.capabilities, GitHubForge.webhook_events

    def __init__(self):
        super().__init__()
        self.asked, self.told, self.problem, self.gone = [], [], None, False
        self.behind = {COMMIT}           # commits that the branches have behind their heads
        self.open, self.row = {}, ForgeRepo("ada", "hello", "main", private=False, external_id="5", url="https://h/a/h")
        self.token, self.rights = None, {}
        self.forgot = 0                  # how often it was told that Apps act elsewhere now
        self.looked = []                 # of each deployment: may it be there already?

    def _ask(self, *what):
        self.asked.append(what)
        if self.problem:
            raise self.problem

    def repo(self, owner, name, account=None):
        self._ask("repo", owner, name)
        if self.gone:
            raise NotFound(name)
        return self.row

    def refs(self, owner, name, account=None):
        self._ask("refs", owner, name)
        if self.gone:
            raise NotFound(name)
        return replace(super().refs(owner, name), default_branch=self.row.default_branch)

    def resolve(self, owner, name, ref, account=None):
        self._ask("resolve", ref)
        if self.gone:
            raise NotFound(name)
        return super().resolve(owner, name, ref)

    def head(self, owner, name, ref):
        short = ref.split("/", 2)[2]
        if self.gone or short not in self.heads:
            self._ask("resolve", short)
            raise NotFound(short)
        return self.resolve(owner, name, short)

    def holds(self, owner, name, ref, commit):
        return commit in self.behind or commit == self.heads.get(ref)

    def pull(self, owner, name, number):
        self._ask("pull", number)
        if number not in self.open:
            raise NotFound(f"no pull request {number}")
        return self.open[number]

    def pulls(self, owner, name):
        self._ask("pulls")
        return [pull for pull in self.open.values() if pull.state == "open"]

    def right_of(self, account, owner, name):
        self._ask("right", account.login)
        return self.rights.get(account.login)

    def grant(self, owner, name):
        return self.token

    def event_of(self, event, payload):
        return events.read(event, payload)

    def access_changed(self):
        self.forgot += 1

    def _tell(self, *what):
        self._ask("tell", *what[:1])
        self.told.append(what)
        return str(len(self.told))

    def set_status(self, owner, name, status, *, again=False):
        self._tell("status", status.context, status.state)

    def start_deployment(self, owner, name, commit, environment, description, *, mark, again=False):
        self.looked.append(again)
        return self._tell("deployment", environment)

    def set_deployment(self, owner, name, deployment, state, description, log_url, environment_url, *, again=False):
        self._tell("deployment", deployment, state, environment_url)

    def upsert_comment(self, owner, name, number, body, known):
        return known or self._tell("comment", number, body)

    def set_check(self, owner, name, check, *, again=False):
        self._tell("check", check)

    def add_webhook(self, owner, name, url, secret, account):
        return self._tell("hook", url, secret.get_secret_value(), account.login)

    def remove_webhook(self, owner, name, webhook, account):
        self._tell("no hook", webhook, account.login)
