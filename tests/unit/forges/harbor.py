"""The stand-in forge of the unit tests: everything of the interface `Forge` and nothing else, in memory.

Whoever adds a forge finds here what it has to answer. People sign in with a code that is their login; a push is delivered
by `push`, signed, as headers and a body.
"""

import hashlib
import hmac
import itertools
import json
from urllib.parse import urlencode

from pydantic import SecretStr

from common.secrets.signin import SignIn
from common.wire.contracts import Clone
from common.wire.errors import BadRequest, NotFound, Unauthorized
from forges import (
    About,
    Admission,
    Attempt,
    Commit,
    Consent,
    Delivery,
    Forge,
    ForgeEvent,
    ForgeRepo,
    Ignored,
    Move,
    Page,
    Person,
    Ref,
    Refs,
    Registration,
    Setup,
)
from forges.facts import Rights

CALLBACK_ADDRESS = "https://harbor.example/authorize"
SIGNATURE = "Harbor-Signature"
COMMIT = "c" * 40


class Harbor(Forge):
    name, title = "harbor", "Harbor"
    capabilities = frozenset({"signin", "rights", "webhook", "status"})
    webhook_events = ("moved",)
    address = "https://harbor.example"
    admission = Admission("", "wes", "", "HARBOR_USERS")
    registration = Registration("oauth", "continuum", SecretStr("of the registration"), stored=False)

    def __init__(self):
        self.rights = {"wes": "admin"}
        self.heads = {"main": COMMIT}
        self.hooks: dict[str, tuple[str, SecretStr]] = {}          # id -> (address, secret)
        self.statuses: list[tuple[str, str, str]] = []             # (commit, context, state)
        self.attempts: dict[str, str] = {}                         # state -> SHA-256 of the verifier
        self._ids = itertools.count(1)

    @classmethod
    def open(cls, settings, sent=None):
        return cls()

    # people
    def consent(self, app, *, organisations=False, repositories=False):
        return Consent(("all",), ("everything",))

    def reaches_repositories(self, app, scopes):
        return "all" in scopes

    def authorize_url(self, app, attempt: Attempt, consent):
        self.attempts[attempt.state] = hashlib.sha256(attempt.verifier.encode()).hexdigest()
        return f"{CALLBACK_ADDRESS}?{urlencode({'state': attempt.state, 'redirect_uri': attempt.callback})}"

    def exchange(self, app, attempt, code):
        if self.attempts.pop(attempt.state, None) != hashlib.sha256(attempt.verifier.encode()).hexdigest():
            raise BadRequest("that is the code of another sign-in: begin it again")
        return Person(f"id-{code}", code, code.title(), None, SignIn(SecretStr(f"token-of-{code}")), ("all",))

    def renew(self, app, refresh):
        raise Unauthorized("tokens of Harbor do not end")

    def installations(self, registered):
        return self

    def revoked(self, token):
        """Nothing is remembered of it."""

    def setup(self, public_url, callback, organisation, state, *, hooked):
        return Setup({"Callback": callback}, self.address, self.address, "{}", {})

    def odd_credentials(self, client_id, client_secret):
        return None

    def check_credentials(self, client_id, client_secret):
        return None

    def registered(self, code):
        raise BadRequest("Harbor has no Apps")

    # repositories
    def repos(self, query="", page=1, per_page=30, account=None):
        return Page([self.repo("wes", "boat")], 1, page, per_page)

    def repo(self, owner, name, account=None):
        if (owner, name) != ("wes", "boat"):
            raise NotFound(f"there is no repository {owner}/{name}")
        return ForgeRepo(owner, name, "main", external_id="77", url=f"{self.address}/{owner}/{name}")

    def refs(self, owner, name, account=None):
        return Refs("main", [Ref(*head) for head in self.heads.items()], [])

    def resolve(self, owner, name, ref, account=None):
        sha = self.heads.get(ref.removeprefix("refs/heads/"), ref)
        if len(sha) != 40:
            raise NotFound(f"there is no ref {ref}")
        return Commit(sha, "Paint the boat", "Wes", 0)

    def file(self, owner, name, ref, path, account=None):
        raise NotFound(f"there is no file {path}")

    def changed(self, owner, name, before, after, account=None):
        return None

    def clone(self, owner, name):
        return Clone(url=f"{self.address}/{owner}/{name}.git")

    def right_of(self, account, owner, name):
        return self.rights.get(account.login)

    def rights_of(self, account):
        return Rights({"77": self.rights[account.login]} if account.login in self.rights else {}, True)

    def member(self, account, organisation):
        return False

    # webhooks
    def check_headers(self, headers):
        if len(headers.get(SIGNATURE, "")) != 64:
            raise Unauthorized("this delivery is not signed")

    def receive(self, headers, body, secret):
        if secret is None or not hmac.compare_digest(_sign(secret, body), headers.get(SIGNATURE, "")):
            raise Unauthorized("this delivery is not signed with this webhook's secret")
        told = json.loads(body)
        return Delivery(told["id"], "moved", None, told["repo"], told)

    def event_of(self, event, payload):
        if event != "moved":
            return Ignored(f"ignored: {event}")
        owner, name = payload["repo"].split("/")
        return ForgeEvent("head", f"look where {payload['branch']} is", About("77", owner, name), payload["by"],
                          ref=f"refs/heads/{payload['branch']}", move=Move(payload["before"], payload["after"]))

    def add_webhook(self, owner, name, url, secret, account):
        number = next((known for known, (where, _) in self.hooks.items() if where == url), str(next(self._ids)))
        self.hooks[number] = url, secret
        return number

    def remove_webhook(self, owner, name, webhook, account):
        self.hooks.pop(webhook, None)

    def push(self, commit: str, branch: str = "main") -> tuple[str, dict[str, str], bytes]:
        """Move the branch; (address, headers, body) of the delivery."""
        before, self.heads[branch] = self.heads[branch], commit
        ((url, secret),) = self.hooks.values()
        body = json.dumps({"id": f"delivery-{next(self._ids)}", "repo": "wes/boat", "branch": branch, "by": "wes",
                           "before": before, "after": commit}).encode()
        return url, {SIGNATURE: _sign(secret, body)}, body

    # results
    def set_status(self, owner, name, status, *, again=False):
        self.statuses.append((status.commit, status.context, status.state))


def _sign(secret: SecretStr, body: bytes) -> str:
    return hmac.new(secret.get_secret_value().encode(), body, hashlib.sha256).hexdigest()
