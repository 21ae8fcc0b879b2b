"""The engine's sentences, of both image stores, sorted into kinds."""

import pytest

from cli.images.outcome import Kind, read_outcome


@pytest.mark.parametrize("line, kind", [
    ('Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 192.0.2.53:53: no such host',
     Kind.UNREACHABLE),
    ('Get "https://registry-1.docker.io/v2/": net/http: request canceled while waiting for connection '
     '(Client.Timeout exceeded while awaiting headers)', Kind.UNREACHABLE),
    ('Get "https://r.example/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
     Kind.UNREACHABLE),
    ('Get "https://r.example/v2/": proxyconnect tcp: dial tcp 192.0.2.9:3128: connect: connection refused',
     Kind.UNREACHABLE),
    ('failed to resolve reference "docker.io/library/caddy:2.11.4": failed to do request: Head "https://x/v2/": '
     'dial tcp 192.0.2.1:443: i/o timeout', Kind.UNREACHABLE),
    ('docker.io/library/caddy:9.9: not found', Kind.UNKNOWN),
    ('manifest for caddy@sha256:aa not found: manifest unknown: manifest unknown', Kind.UNKNOWN),
    ('unexpected status from HEAD request to https://x/v2/caddy/manifests/2: 429 Too Many Requests', Kind.RATE_LIMITED),
    ('unexpected status from HEAD request to https://x/v2/caddy/manifests/2: 502 Bad Gateway', Kind.SERVER_ERROR),
    ('received unexpected HTTP status: 500 Internal Server Error', Kind.SERVER_ERROR),
    ('Head "https://r.example/v2/a/manifests/1": no basic auth credentials', Kind.DENIED),
    ('unauthorized: authentication required', Kind.DENIED),
    ('read tcp 10.0.0.2:5000->192.0.2.1:443: read: connection reset by peer', Kind.BROKEN),
    ('unexpected EOF', Kind.BROKEN),
    ('mkdir /var/lib/docker/tmp: no space left on device', Kind.NO_SPACE)])
def test_each_sentence_has_its_kind(line, kind):
    outcome = read_outcome([f"Error response from daemon: {line}"])
    assert (outcome.kind, outcome.message) == (kind, line)


def test_a_registry_that_gave_the_manifest_was_reached():
    lines = ["2.11.4: Pulling from library/caddy", "Error response from daemon: dial tcp 192.0.2.1:443: i/o timeout"]
    assert read_outcome(lines).kind is Kind.BROKEN


def test_no_output_at_all_is_no_guess():
    assert read_outcome([]).kind is Kind.OTHER
