"""Which mirror a machine uses, from both formats of apt's sources."""

from cli.host.aptsources import Source, mirror_of, parse_deb822, parse_one_line, read_sources, security_mirror_of

DEB822 = """\
# a comment
Types: deb
URIs: http://mirror.example/debian/
Suites: bookworm bookworm-updates
Components: main
 contrib
Signed-By: /usr/share/keyrings/x.gpg

Types: deb-src
URIs: http://sources.example/debian
Suites: bookworm
Components: main

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: bookworm
Components: main
"""


def test_deb822_takes_enabled_binary_sources_with_folded_lines():
    assert parse_deb822(DEB822) == [
        Source("http://mirror.example/debian", ("bookworm", "bookworm-updates"), ("main", "contrib"))]


def test_one_line_skips_options_comments_and_source_packages():
    text = ("deb [arch=amd64 signed-by=/k.gpg] http://a.example/debian bookworm main contrib # mine\n"
            "# deb http://no.example/debian bookworm main\n"
            "deb-src http://no.example/debian bookworm main\n"
            "deb http://b.example/sec bookworm-security main\n")
    assert parse_one_line(text) == [Source("http://a.example/debian", ("bookworm",), ("main", "contrib")),
                                    Source("http://b.example/sec", ("bookworm-security",), ("main",))]


def test_mirrors_are_found_by_release(tmp_path):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text("deb http://sec.example/debian-security bookworm-security main\n")
    (tmp_path / "sources.list.d" / "debian.sources").write_text(DEB822)
    (tmp_path / "sources.list.d" / "other.list").write_text("deb http://vendor.example/x bookworm stable\n")
    sources = read_sources(tmp_path)
    assert mirror_of(sources, "bookworm") == "http://mirror.example/debian"
    assert security_mirror_of(sources, "bookworm") == "http://sec.example/debian-security"
    assert mirror_of(sources, "trixie") is None
