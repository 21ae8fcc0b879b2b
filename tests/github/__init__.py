"""A stand-in of GitHub: its pages of sign-in, its API below /api/v3, its git over HTTP, its webhooks.

    world.py      who and what there is           gate.py      who asks, limits, ETags, the record of all exchanges
    gitrepo.py    real git repositories           failures.py  what goes wrong on demand
    shapes.py     the JSON of it all              deliveries.py  signed webhooks, sent by a thread
    api/          the API, a file for each part   pages.py     sign-in (PKCE), Apps from a manifest
    smart.py      git's smart protocol            server.py    puts it together; `python -m tests.github.server`

Beside it: examples.py (GitHub's published webhook payloads), openapi.py (GitHub's own description of its API judges
what went in and out), npm.py (both come from npm), access.py (our forge before the stand-in).
"""
