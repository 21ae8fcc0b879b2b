"""A stand-in of GitHub for tests: its REST API, sign-in, webhooks and git over HTTP, with everything in memory.

    with serve(tmp_path) as github:                       # a loopback port, in a thread
        github.user("writer")
        github.repo("writer/app", files={"Dockerfile": "FROM scratch\\n"})
        token = github.token("writer", "repo").value
        requests.get(f"{github.api}/user", headers={"Authorization": f"Bearer {token}"})

`hub.py` is what a test holds; `routes/` is what clients see; `shapes/` is how GitHub spells things. Answers are held
against GitHub's own OpenAPI document by tests/contract/github.
"""

from .hub import GitHub
from .serving import serve

__all__ = ["GitHub", "serve"]
