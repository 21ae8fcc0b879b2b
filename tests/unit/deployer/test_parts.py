"""The smaller parts: names, subnets, reports, log frames, drains, Caddy's counts."""

import io
import json
import socket
import tarfile
import threading
from ipaddress import IPv4Network

import pytest

from common.worker.joblog import now_ms
from deployer import isolation, logs, names, networks, report_reader, reports, usage
from deployer.caddy_admin import CaddyAdmin
from deployer.changes import Changes
from deployer.leaving import QUIET, Leaving
from deployer.records import Record, Version


def test_names_fit_into_a_dns_label_and_differ():
    assert names.container("continuum", "Hello_Flask", 17, 1) == "continuum-hello-flask-17"
    assert names.container("continuum", "x" * 80, 17, 3).endswith("-17-3")
    assert len(names.container("continuum", "x" * 80, 17, 3)) <= 63
    assert names.command("i", "7.test.1.1") != names.command("i", "7.test.11")
    assert names.container("continuum", "日本", 1, 1) == "continuum-app-1"


def test_a_repos_network_is_recognised_and_no_other_installations():
    assert names.repo_of_network("a", names.network("a", 12)) == 12
    assert names.repo_of_network("a", "b-repo-12") is None
    assert names.repo_of_network("a", "a-repo-12x") is None


def test_the_lowest_free_subnet_is_taken():
    pool = IPv4Network("10.0.0.0/26")
    taken = [IPv4Network("10.0.0.0/28"), IPv4Network("10.0.0.40/30"), IPv4Network("172.17.0.0/16")]
    assert [str(item) for item in networks.free_subnets(pool, taken)] == ["10.0.0.16/28", "10.0.0.48/28"]
    assert list(networks.free_subnets(pool, [IPv4Network("10.0.0.0/8")])) == []


def test_only_parts_of_the_platform_are_peers():
    label = {names.PROJECT: "p", names.SERVICE: "caddy"}
    assert isolation.is_peer(label, "p") and not isolation.is_peer(label, "q")
    assert not isolation.is_peer({**label, names.SERVICE: "postgres"}, "p")
    assert not isolation.is_peer({**label, names.ROLE: "app"}, "p")


def test_a_shield_is_known_by_what_it_does():
    shield = {"IPAM": {"Config": [{"Subnet": "169.254.0.0/16"}]}, "Internal": True, "Options": isolation.SHIELD_OPTIONS}
    assert isolation.is_shield(shield)
    assert not isolation.is_shield({**shield, "Internal": False})
    assert not isolation.is_shield({**shield, "Options": {}})


def archive(files: dict[str, str], links: dict[str, str] = {}) -> io.BytesIO:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
        for name, target in links.items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            tar.addfile(member)
    return io.BytesIO(buffer.getvalue())


@pytest.mark.parametrize(("pattern", "found"), [
    ("/app/reports/*.xml", ["reports/a.xml"]), ("/app/reports/**/*.xml", ["reports/a.xml", "reports/x/b.xml"]),
    ("/app/reports/?.xml", ["reports/a.xml"]), ("/app/reports/a.xml", ["reports/a.xml"]), ("/app/reports/[a].xml", ["reports/a.xml"])])
def test_reports_are_matched_as_a_shell_would(pattern, found):
    stream = archive({"reports/a.xml": "<a/>", "reports/x/b.xml": "<b/>", "reports/c.txt": "no"}, {"reports/l.xml": "/etc/passwd"})
    stream.cut = False
    assert [item["path"] for item in report_reader.matching(stream, "/app", pattern, "/app")] == found


def test_only_the_folder_before_the_first_wildcard_is_read():
    assert reports.fixed_part("/app/out/*.xml") == "/app/out"
    assert reports.fixed_part("/app/out/junit.xml") == "/app/out/junit.xml"
    assert reports.fixed_part("/**/x.xml") == "/"


def test_an_archive_beyond_the_limit_is_cut_and_what_came_before_counts():
    data = archive({"r/a.xml": "<a/>", "r/big": "x" * 100_000, "r/b.xml": "<b/>"}).getvalue()
    bounded = io.BytesIO(b"".join(reports.up_to([data[start:start + 1000] for start in range(0, len(data), 1000)], 20_000)))
    assert [item["path"] for item in report_reader.matching(bounded, "/", "/r/*.xml", "/")] == ["r/a.xml"]


def test_log_frames_become_lines_with_their_time():
    frames = [b"2026-11-22T21:44:17.123456789Z one\n", b"2026-11-22T21:44:18.5Z " + b"x" * 10, b"2026-11-22T21:44:18.6Z y\r\n",
              b"2026-11-22T21:44:19Z \xff\0\n"]
    lines = list(logs.parse(frames))
    assert [text for _, text in lines] == ["one", "x" * 10 + "y", "\\xff␀"]
    assert [at % 10**11 for at, _ in lines] == [57_123_456_789, 58_500_000_000, 59_000_000_000]


def test_the_last_state_of_a_progress_bar_is_its_line_also_where_the_engine_cut_it():
    frames = [b"2026-11-22T21:44:18.5Z \r10%\r20", b"2026-11-22T21:44:18.6Z %\r30%\r", b"2026-11-22T21:44:18.7Z 40% whole\r\n",
              b"2026-11-22T21:44:19Z next\n"]
    assert [text for _, text in logs.parse(frames)] == ["40% whole", "next"]


def test_memory_is_counted_without_the_page_cache():
    stats = {"memory_stats": {"usage": 100, "limit": 500, "stats": {"inactive_file": 40}}}
    sample = usage.sample_of(stats, 10**9, 5 * 10**8)
    assert (sample["cpu"], sample["memory"], sample["memory_limit"]) == (0.5, 60, 500)


def test_changes_wake_who_waits_and_rise_over_restarts():
    changes = Changes()
    seen = changes.wait(0, 0)
    assert seen > 1_600_000_000_000 and changes.wait(seen, 0.01) == seen
    threading.Timer(0.05, changes.touch).start()
    assert changes.wait(seen, 5) == seen + 1


class Caddy:
    """A fake: what is under way, or None where Caddy is away."""

    def __init__(self, requests):
        self.requests = requests

    def under_way(self):
        if self.requests is None:
            raise OSError("away")
        return self.requests


@pytest.mark.parametrize(("requests", "since_switch", "over"), [
    ({}, QUIET + 10, True), ({}, QUIET - 500, False), ({"host1:80": 2}, QUIET + 10, False),
    (None, QUIET + 10, False), (None, 31_000, True), ({"host1:80": 2}, 31_000, True)])
def test_a_version_may_go_when_it_is_idle_or_its_drain_is_over(requests, since_switch, over):
    leaving = Leaving(None, None, None, Caddy(requests))
    version = Version(deployment=1, repo=1, run=1, container="c1", upstream="host1:80", drain=30,
                      leave_at=now_ms() - since_switch + 30_000)
    assert leaving._over(version) is over


def test_the_newest_are_kept_and_the_rest_goes():
    versions = [Version(deployment=number, repo=1, run=1, container=f"c{number}", upstream=None, keep=2)
                for number in range(5)]
    record = Record(app="a", live=versions[4], leaving=[versions[3]], kept=[versions[2], versions[1]], failed=[versions[0]])
    gone = Leaving(None, None, None, None)._keep(record, versions[3])
    assert [item.deployment for item in record.kept] == [3, 2] and record.leaving == []
    assert sorted(item.deployment for item in gone) == [0, 1]


def test_caddys_counts_are_read_from_its_socket(tmp_path):
    path = tmp_path / "admin.sock"
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()

    def answer():
        connection, _ = server.accept()
        with connection:
            assert connection.recv(4096).startswith(b"GET /reverse_proxy/upstreams ")
            body = json.dumps([{"address": "host1:80", "num_requests": 3, "fails": 0}]).encode()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    thread = threading.Thread(target=answer)
    thread.start()
    assert CaddyAdmin(f"unix://{path}").under_way() == {"host1:80": 3}
    thread.join()
    server.close()
    good, detail = CaddyAdmin(f"unix://{tmp_path}/none.sock").check()
    assert not good and "does not answer" in detail
