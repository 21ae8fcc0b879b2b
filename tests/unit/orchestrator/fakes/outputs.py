"""What each stage gives when all goes well."""

from common.wire.contracts import RepoConfig

DIGEST = "sha256:" + "d" * 64
IMAGE = {"repository": "ada/hello", "digest": DIGEST}


def build_outputs(**config):
    return {"image": IMAGE, "size": 1, "config": RepoConfig(**config).model_dump(mode="json"), "config_found": True,
            "exposed": [8000], "healthcheck": False, "message": "First", "author": "Ada"}


OUTPUTS = {
    "build": build_outputs(),
    "scan": {"counts": {}, "fixable": 0, "waived": 0, "packages": 1, "gate": {"passed": True}, "database": {}},
    "deploy": {"container": "c0ffee", "host": "app", "port": 8000, "protocol": "http", "answered": "HTTP 200 on /",
               "healthy_ms": 5},
    "test": {"passed": 1, "failed": 0, "skipped": 0, "declared": False},
    "promote": {"app": "hello", "url": "http://hello.localhost", "previous": None},
}
