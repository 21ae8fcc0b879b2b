"""BuildKit's own words, as buildctl 0.34.2 printed them, become reasons."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from builder import remote
from builder.progress import Step
from builder.reasons import Broken, DiskFull, MixedUp, explain
from common.wire.errors import Failure, ServiceDown


def broken(error: str, *, line: int | None = None, step: Step | None = None, unset=(), hub=None, **more) -> Broken:
    place = [f"Dockerfile:{line}", "--------------------", f"   {line} | >>> X", "--------------------"] if line else []
    return Broken([*place, f"error: {error}"], step, "docker/Dockerfile", ".", unset, hub_away=lambda: hub, **more)


def step(*last: str) -> Step:
    made = Step("[3/5] RUN pip install x")
    made.last.extend(last)
    return made


@pytest.mark.parametrize("why", ["the steps of this build wrote more than 20g and were ended: …",
                                 "this step reached its limit of 2048 processes and was ended: …"])
def test_a_step_that_we_ended_did_not_lack_memory(why):
    reason = str(explain(broken(EXIT.format(137), step=step(f"continuum: {why}"))))
    assert why in reason and "memory" not in reason
    assert "memory" in str(explain(broken(EXIT.format(137), step=step("continuum: this is my own text"))))


@pytest.mark.parametrize("error, line, expected", [
    ('failed to solve: r:5/x: failed to resolve source metadata for r:5/x:1: could not resolve image due to policy: '
     'source "docker-image://r:5/x:1" denied by policy: source denied by policy', 1,
     "`r:5/x:1` is an image of this registry, which builds may not read"),
    ("failed to solve: dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)", 2,
     "docker/Dockerfile, line 2: unknown instruction: RUNN (did you mean RUN?)"),
    ('failed to solve: failed to parse stage name "busybox:": invalid reference format', 2,
     "docker/Dockerfile, line 2: `busybox:` names no base image"),
    ("failed to solve: base name (${V}) should not be blank", 2, "line 2: `${V}` names no base image"),
    ("failed to solve: failed to compute cache key: failed to calculate checksum of ref s7::0k: \"/nothere\": not found",
     2, "line 2: `nothere` is not in the build context for COPY; the context is the root of the repository"),
    ("failed to solve: secret TOKEN: not found", 2, "wants secret `TOKEN`; name it under build.secrets"),
    ("failed to solve: failed to load LLB: security.insecure is not allowed", None,
     "docker/Dockerfile asks for `security.insecure`, which no build gets"),
    ('failed to solve: target stage "zzz" could not be found', None, "build.target is `zzz`"),
    ("failed to solve: file with no instructions", 1, "docker/Dockerfile is empty"),
    ("failed to solve: something new", 4, "docker/Dockerfile, line 4: something new"),
])
def test_failures_of_the_work(error, line, expected):
    reason = explain(broken(error, line=line))
    assert isinstance(reason, Failure)
    assert expected in str(reason)


EXIT = 'failed to solve: process "/bin/sh -c x" did not complete successfully: exit code: {}'


def test_a_failed_command_shows_its_last_lines():
    reason = explain(broken(EXIT.format(1), line=4, step=step("collecting", "no such package")))
    assert str(reason) == "build exited 1 in [3/5] RUN pip install x\ncollecting\nno such package"


def test_a_command_that_fills_the_disk_is_told_so():
    reason = explain(broken(EXIT.format(1), step=step("dd: /big: No space left on device")))
    assert str(reason).endswith("\nthe disk that builds use is full")


def test_a_killed_command_is_told_as_memory():
    assert "most likely used more memory than a step may have, 7/8 of BUILD_MEMORY (3g)" in \
        str(explain(broken(EXIT.format(137), step=step(), memory="3g")))


@pytest.mark.parametrize("line", ["RuntimeError: can't start new thread", "sh: 1: Cannot fork", "sh: can't fork: Resource …",
                                  "bash: fork: retry: Resource temporarily unavailable",
                                  "java.lang.OutOfMemoryError: unable to create native thread",
                                  "runtime: failed to create new OS thread (have 7 already; errno=11)"])
def test_a_command_that_could_start_no_process_is_told_the_limit(line):
    reason = str(explain(broken(EXIT.format(1), step=step(line), processes=100)))
    assert reason.endswith("\na step may have 100 processes and threads: start fewer at a time, or ask an owner to raise BUILD_PIDS")


@pytest.mark.parametrize("error", [EXIT.format(2), 'failed to solve: failed to parse stage name "x:"'])
def test_a_missing_build_argument_is_a_hint(error):
    reason = str(explain(broken(error, step=step(), unset=["VERSION"])))
    assert reason.endswith("declares ARG VERSION without a default: set it under build.args in .continuum.yml")


@pytest.mark.parametrize("error, kind, expected", [
    ("failed to solve: write /x: no space left on device", DiskFull, "disk that builds use is full"),
    ('listing workers for Build: failed to list workers: Unavailable: connection error: desc = "transport: Error while '
     'dialing: dial unix /x: connect: no such file or directory"', ServiceDown, "no such file or directory"),
    ("failed to solve: rpc error: code = Unavailable desc = error reading from server: EOF", ServiceDown, "EOF"),
    ("failed to solve: failed to push registry:5000/x:run-1: unexpected status from HEAD request: 500", ServiceDown,
     "could not be pushed"),
    ("failed to solve: failed to get edge: inconsistent graph state", MixedUp, "Retry builds again"),
    ("", ServiceDown, "without a result"),
])
def test_what_we_broke_is_no_failure(error, kind, expected):
    reason = explain(broken(error))
    assert isinstance(reason, kind) and not isinstance(reason, Failure)
    assert expected in str(reason)


def test_words_without_an_error_line_are_shown():
    assert "signal: killed" in str(explain(Broken(["signal: killed"], None, "Dockerfile", ".")))


# ---- base images: what does not exist is a failure, what is out of reach is not

ABSENT = "does not exist, or is not public; check its name and tag"
PRIVATE = f"{ABSENT}; builds pull a private image with a login from REGISTRY_LOGINS"


def no_image(reference: str, detail: str, **more) -> Exception:
    return explain(broken(f"failed to solve: {reference}: failed to resolve source metadata for {reference}: {detail}",
                          line=3, **more))


@pytest.mark.parametrize("reference, detail, expected", [
    ("docker.io/library/nope:1", "docker.io/library/nope:1: not found", f"line 3: base image `nope:1` {ABSENT}"),
    ("docker.io/x/y:latest", "pull access denied, repository does not exist or may require authorization: server message: "
     "insufficient_scope: authorization failed", f"base image `x/y:latest` {PRIVATE}"),
    ("r.example/a:503", "r.example/a:503: not found", ABSENT),
    ("r.example/a:1", "unexpected status from HEAD request to https://r.example/v2/a/manifests/1: 404 Not Found", ABSENT),
    ("r.example/a:1", "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to "
     "https://r.example/token: 401 Unauthorized", PRIVATE),
    ("no.example/a:1", 'failed to do request: Head "https://no.example/v2/a/manifests/1": dial tcp: lookup no.example on '
     "127.0.0.11:53: no such host", "the registry no.example does not exist"),
    ("docker.io/library/a:1", "no match for platform in manifest: not found", "not for the platform of this machine"),
])
def test_an_image_that_does_not_exist_is_a_failure(reference, detail, expected):
    reason = no_image(reference, detail)
    assert isinstance(reason, Failure) and expected in str(reason)


@pytest.mark.parametrize("reference, detail, expected", [
    ("r.example/a:401", 'failed to do request: Head "https://r.example/v2/a/manifests/401": dial tcp 9.9.9.9:443: connect: '
     "connection refused", "base image `r.example/a:401` could not be fetched: connection refused"),
    (f"r.example/a@sha256:{'403' * 21}4", 'failed to do request: Head "https://r.example/x": net/http: TLS handshake timeout',
     "TLS handshake timeout"),
    ("r.example/not-found:1", 'failed to do request: Head "https://x": dial tcp: lookup x on 127.0.0.11:53: server misbehaving',
     "server misbehaving"),
    ("r.example/a:404", "unexpected status from HEAD request to https://r.example/v2/a/manifests/404: 503 Service Unavailable",
     "503 Service Unavailable"),
    ("docker.io/library/a:1", "unexpected status from HEAD request to https://registry-1.docker.io/v2/library/a/manifests/1: "
     "429 Too Many Requests", "429 Too Many Requests"),
    ("docker.io/library/a:1", "failed to authorize: failed to fetch anonymous token: Get "
     '"https://auth.docker.io/token?scope=x": dial tcp: i/o timeout', "could not be fetched: i/o timeout"),
])
def test_case_45_a_registry_that_is_out_of_reach_is_no_failure(reference, detail, expected):
    reason = no_image(reference, detail)
    assert isinstance(reason, ServiceDown) and expected in str(reason) and ABSENT not in str(reason)


def test_our_registrys_404_does_not_hide_that_docker_hub_is_away():
    reason = no_image("docker.io/library/redis:7", "docker.io/library/redis:7: not found", hub="Network is unreachable")
    assert isinstance(reason, ServiceDown)
    assert "base image `redis:7` could not be fetched: Docker Hub can't be reached (Network is unreachable)" in str(reason)
    elsewhere = no_image("r.example/redis:7", "r.example/redis:7: not found", hub="Network is unreachable")
    assert isinstance(elsewhere, Failure), "no mirror stands before other registries"


@pytest.mark.parametrize("detail, kind", [
    ("failed to load cache key: invalid response status 503 Service Unavailable", ServiceDown),
    ("failed to load cache key: invalid response status 404 Not Found", Failure),
    ('failed to load cache key: Get "https://x.example/404": dial tcp 9.9.9.9:443: connect: connection refused', ServiceDown)])
def test_what_add_fetches_is_judged_alike(detail, kind):
    assert type(explain(broken(f"failed to solve: {detail}", line=2))) is kind


@pytest.mark.parametrize("words", ["connection error", "failed to push", "no space left on device", "code = Unavailable"])
def test_the_words_of_a_command_decide_nothing(words):
    reason = explain(broken(f'failed to solve: process "/bin/sh -c echo \\"{words}\\" && false" did not complete successfully: '
                            "exit code: 1", step=step("x")))
    assert isinstance(reason, Failure) and str(reason).startswith("build exited 1")


def test_case_48_a_file_beside_the_dockerfile_names_the_context():
    error = 'failed to solve: failed to calculate checksum of ref s7::0k: "/package.json": not found'
    assert str(explain(broken(error, beside="web"))).endswith("; files that it copies lie in its own folder: set "
                                                              "build.context: web")


@pytest.mark.parametrize("status, away", [(401, None), (200, None), (503, "503 Service Unavailable"), (429, "429 Too")])
def test_docker_hub_is_asked_whether_it_answers(status, away):
    class Hub(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Quiet."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/v2/"
        assert (remote.why_hub_is_away(url) or "").startswith(away or "") and bool(remote.why_hub_is_away(url)) == bool(away)
        server.shutdown()
    assert remote.why_hub_is_away("http://127.0.0.1:1/v2/") == "Connection refused"
