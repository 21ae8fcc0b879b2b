"""Repositories with their secrets, waivers and images."""

from common.wire.contracts import Limits
from common.wire.errors import NotFound

from .client import paged, route


class Repos:
    @route("GET", r"/v1/repos")
    def list_repos(self, params):
        rows = [{**row} for row in self.repos.values()
                if all(row.get(name) == params[name] for name in ("forge", "external_id") if name in params)]
        if "shared_with" in params:
            takers = {params["shared_with"], params["shared_with"].split("/")[0]}
            rows = [row for row in rows if takers & set((row.get("settings") or {}).get("shared_with", []))]
        return paged(rows, params)

    @route("POST", r"/v1/repos/(\d+)/ref-updates")
    def add_ref_update(self, repo, body):
        self.ref_updates[repo, body["key"]] = {**body}
        return {**body}

    @route("GET", r"/v1/repos/(\d+)")
    def repo(self, number, _):
        if number not in self.repos:
            raise NotFound(f"repo {number}")
        return {**self.repos[number]}

    @route("GET", r"/v1/repos/by-name/([^/]+)/(.+)/(.+)")
    def repo_by_name(self, forge, owner, name, _):
        for row in self.repos.values():
            if (row["forge"], row["owner"], row["name"]) == (forge, owner, name):
                return {**row}
        raise NotFound(name)

    @route("PUT", r"/v1/repos/([a-z]+)/([^/]+)/([^/]+)")
    def put_repo(self, forge, owner, name, body):
        for row in self.repos.values():
            if body.get("external_id") and (row["forge"], row.get("external_id")) == (forge, body["external_id"]):
                row.update(owner=owner, name=name, **body)
                return {**row}
            if not body.get("external_id") and (row["forge"], row["owner"], row["name"]) == (forge, owner, name):
                row.update(body)
                return {**row}
        number = next(self._ids) + 1000
        self.repos[number] = {"id": number, "forge": forge, "owner": owner, "name": name, "app": name,
                              "settings": {}, "last_heads": {}, **body}
        return {**self.repos[number]}

    @route("PATCH", r"/v1/repos/(\d+)")
    def change_repo(self, number, body):
        for part in body:
            merged = {**self.repos[number].get(part, {}), **body[part]}
            self.repos[number][part] = {name: value for name, value in merged.items() if value is not None}
        return {**self.repos[number]}

    @route("DELETE", r"/v1/repos/(\d+)")
    def remove_repo(self, number, body):
        del self.repos[number]

    @route("GET", r"/v1/repos/(\d+)/secrets")
    def list_secrets(self, repo, params):
        return {"items": [{**row, "sealed": row["sealed"].get(params["sealed"])} for row in self.secrets.get(repo, [])]}

    @route("GET", r"/v1/repos/(\d+)/waivers")
    def list_waivers(self, repo, _):
        return {"items": self.waivers.get(repo, [])}

    @route("GET", r"/v1/repos/(\d+)/limits")
    def show_limits(self, repo, _):
        return {"limits": {**Limits().model_dump(mode="json"), **self.limits.get(repo, {})}}

    @route("GET", r"/v1/repos/(\d+)/images")
    def list_images(self, number, params):
        return {"images": self.images[:-1] if params and params.get("unused") else self.images}

    @route("GET", r"/v1/limits/disk")
    def disk_limits(self, params):
        return {"otherwise": Limits().disk, "repos": {repo: own["disk"] for repo, own in self.limits.items() if "disk" in own}}
