"""What programs print becomes lines that Postgres, UTF-8 and a browser can hold."""

from common import lines


def read(*chunks: bytes) -> list[str]:
    reader = lines.LineReader()
    found = [line for chunk in chunks for line in reader.feed(chunk)]
    return found + list(reader.end())


def test_lines_end_at_newlines_wherever_the_chunks_end():
    assert read(b"one\ntw", b"o\r\nthr", b"ee") == ["one", "two", "three"]


def test_a_character_cut_in_two_by_a_chunk_is_whole():
    assert read(b"caf\xc3", b"\xa9\n") == ["café"]


def test_bad_utf8_is_shown_and_its_neighbours_kept():
    assert read(b"a\xffb\nnext\n") == ["a\\xffb", "next"]


def test_nul_lone_cr_and_surrogates_are_escaped():
    assert lines.clean("a\0b\rc\udc80d") == "a␀b␍c\\udc80d"


def test_a_long_line_is_cut_between_characters_and_its_join_is_the_line():
    line = "é" * 70_000
    pieces = lines.split(line)
    assert len(pieces) == 3
    assert "".join(pieces) == line
    assert all(len(piece.encode()) <= lines.MAX_BYTES for piece in pieces)


def test_short_and_empty_lines_stay_one():
    assert lines.split("") == [""]
    assert lines.split("x") == ["x"]
