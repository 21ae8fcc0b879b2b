"""Stands between deployer and the Docker Engine, in a container of its own: `python -m deployer.engine_proxy`.

It holds Docker's socket, and serves deployer on another. It passes on the requests that deployer makes by design, and
answers all others with 403 and what is wrong with them:

    calls.py         the list: method, path, parameters, and whom each may concern
    bodies.py        what the body of a request may hold, as models
    checks.py        what such a body may say in this installation
    lookups.py       whose a container, network, volume or image is: the engine is asked before a request is passed on
    gate.py          one request against all of that; what is sent on is made again from what was checked
    server.py        carries requests and answers, as streams; side.py: one side of a connection

A request is passed on only if a call of the list fits it. Nothing that the client wrote is sent on unread, except for
X-Registry-Auth, which only the registry understands.
"""
