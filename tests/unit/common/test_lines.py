"""What programs print becomes lines that Postgres, UTF-8 and a browser can hold."""

import tracemalloc

import pytest

from common.secrets.masking import Masker
from common.worker import lines


def pieces(*chunks: bytes, masker: Masker | None = None) -> list[lines.Piece]:
    reader = lines.LineReader(masker)
    found = [piece for chunk in chunks for piece in reader.feed(chunk)]
    return found + list(reader.end())


def read(*chunks: bytes) -> list[str]:
    return [piece.text for piece in pieces(*chunks)]


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


@pytest.mark.parametrize("chunks", [[b"10%\r50%\r100%\n"], [b"10%\r", b"50%", b"\r100%", b"\r\n"], [b"100%\r"], [b"1\r\r100%\r", b"\n"]])
def test_the_last_state_of_a_progress_bar_is_the_line(chunks):
    assert read(*chunks) == ["100%"]


def test_states_before_the_last_are_seen_whole_while_the_line_goes_on():
    reader, seen = lines.LineReader(), []
    for chunk in (b"start\n", b"10%", b"\r50", b"%\r", b"\r", b"75%\r80", b"%", b"\rdone\n", b"next"):
        list(reader.feed(chunk))
        seen.append(reader.state)
    assert seen == [None, None, "10%", "50%", "50%", "75%", "75%", None, None]


def test_an_endless_line_comes_in_flagged_pieces_and_bounded_memory():
    reader, data, found, size = lines.LineReader(), "aé€".encode() * 1000, [], 0
    tracemalloc.start()
    for _ in range(3000):
        for piece in reader.feed(data):
            size += len(piece.text.encode())
            found.append((len(piece.text.encode()), piece.part))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    size += sum(len(piece.text.encode()) for piece in reader.end())
    assert size == 3000 * len(data) and max(length for length, _ in found) <= lines.MAX_BYTES
    assert not found[0][1] and all(part for _, part in found[1:])
    assert most < 16 * lines.MAX_BYTES


def test_a_character_at_the_cut_stays_whole():
    text = "a" + "é" * lines.MAX_BYTES
    assert "".join(piece.text for piece in pieces(text.encode()[:50_001], text.encode()[50_001:])) == text


def test_a_secret_at_the_cut_of_an_endless_line_is_masked():
    secret = "hunter22-and-more"
    for before in range(lines.MAX_BYTES - len(secret) - 2, lines.MAX_BYTES + 2):
        found = pieces(b"x" * before + secret[:5].encode(), secret[5:].encode() + b"y" * lines.MAX_BYTES, masker=Masker([secret]))
        assert len(found) > 1 and "***" in "".join(piece.text for piece in found), before
