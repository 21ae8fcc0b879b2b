"""Repositories with their secrets, waivers and images."""

from common.wire.contracts import Limits
from common.wire.errors import NotFound
from tests.harness.rows import AT, REPO, SECRET, WAIVER

from .client import fresh, route
from .lists import listed


class Repos:
    @route("GET", r"/v1/repos")
    def list_repos(self, params):
        newest = {run["repo"]: number for number, run in sorted(self.runs.items())}
        rows = [{**self._whole(row), "last_run": newest.get(row["id"], 0)} for row in self.repos.values()]
        rows = [row for row in rows if params.get("q", "").casefold() in row["path"].casefold()]
        if "shared_with" in params:
            takers = {params["shared_with"], params["shared_with"].split("/")[0]}
            rows = [row for row in rows if takers & set((row.get("settings") or {}).get("shared_with", []))]
        found = listed(rows, params, ("forge", "external_id"), sort="-last_run", sorts=("id", "name", "last_run"),
                       others=("q", "shared_with"))
        return {**found, "items": [{**row, "last_run": None} for row in found["items"]]}

    @route("POST", r"/v1/repos/(\d+)/ref-updates")
    def add_ref_update(self, repo, body):
        number = len(self.ref_updates) + 1
        row = {"id": number, "repo": repo, "before": None, "after": None, "actor": None, "run": None, "at": AT, **body}
        self.ref_updates.setdefault((repo, body["key"]), row)
        return row

    @route("GET", r"/v1/repos/(\d+)")
    def repo(self, number, _):
        if number not in self.repos:
            raise NotFound(f"repo {number}")
        return self._whole(self.repos[number])

    @route("GET", r"/v1/repos/by-name/([^/]+)/(.+)/(.+)")
    def repo_by_name(self, forge, owner, name, _):
        for row in self.repos.values():
            if (row["forge"], row["owner"], row["name"]) == (forge, owner, name):
                return self._whole(row)
        raise NotFound(name)

    @route("PUT", r"/v1/repos/([a-z]+)/([^/]+)/([^/]+)")
    def put_repo(self, forge, owner, name, body):
        for row in self.repos.values():
            if body.get("external_id") and (row["forge"], row.get("external_id")) == (forge, body["external_id"]):
                row.update(owner=owner, name=name, **body)
                return self._whole(row)
            if not body.get("external_id") and (row["forge"], row["owner"], row["name"]) == (forge, owner, name):
                row.update(body)
                return self._whole(row)
        number = next(self._ids) + 1000
        row = self.repos[number] = {**fresh(REPO), "id": number, "forge": forge, "owner": owner, "name": name, "app": name, **body}
        row["state"] = row["settings"]       # dbproxy keeps both in one column
        return self._whole(self.repos[number])

    @route("PATCH", r"/v1/repos/(\d+)")
    def change_repo(self, number, body):
        for part, changes in body.items():
            kept = self.repos[number].setdefault(part, {})
            kept.update(changes)
            for name in [name for name, value in kept.items() if value is None]:
                del kept[name]
        return self._whole(self.repos[number])

    @route("DELETE", r"/v1/repos/(\d+)")
    def remove_repo(self, number, body):
        del self.repos[number]

    @route("GET", r"/v1/repos/(\d+)/secrets")
    def list_secrets(self, repo, params):
        return {"items": [{**SECRET, **row, "sealed": row["sealed"][params["sealed"]]} for row in self.secrets.get(repo, [])
                          if params["sealed"] in row["sealed"]]}

    @route("GET", r"/v1/repos/(\d+)/waivers")
    def list_waivers(self, repo, params):
        return listed([{**WAIVER, **row} for row in self.waivers.get(repo, [])], params, sort="id")

    @route("GET", r"/v1/repos/(\d+)/limits")
    def show_limits(self, repo, _):
        own, others = self.limits.get(repo, {}), Limits().model_dump(mode="json")
        return {"limits": {**others, **own}, "set": own, "otherwise": others}

    @route("GET", r"/v1/repos/(\d+)/images")
    def list_images(self, number, params):
        return {"images": self.images[:-1] if params and params.get("unused") else self.images}

    @route("GET", r"/v1/limits/disk")
    def disk_limits(self, params):
        return {"otherwise": Limits().disk, "repos": {repo: own["disk"] for repo, own in self.limits.items() if "disk" in own}}

    def _whole(self, row):
        return {**REPO, **row, "path": f"{row['owner']}/{row['name']}"}
