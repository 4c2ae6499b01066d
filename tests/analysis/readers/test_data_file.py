from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import DataError
from analysis.readers.data_file import DataFile, merged

CONTENT = bytes(range(256)) * 1000
RANGE = st.tuples(st.integers(0, len(CONTENT) + 50), st.integers(0, len(CONTENT) + 50)).map(
    lambda pair: (min(pair), max(pair))
)


class _Counting:
    """Content that knows what was asked for."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.asked: list[list[tuple[int, int]]] = []

    def ranges(self, wanted):
        self.asked.append(list(wanted))
        return [self.content[start:stop] for start, stop in wanted]

    def close(self) -> None:
        pass


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "some.raw").write_bytes(CONTENT)
    return tmp_path / "some.raw"


@given(st.lists(RANGE, max_size=6), st.lists(RANGE, max_size=3))
def test_ranges_are_what_the_file_has_there(wanted: list[tuple[int, int]], kept: list[tuple[int, int]]):
    content = _Counting(CONTENT)
    file = DataFile("some.raw", len(CONTENT), content)
    assert file.ranges(wanted) == [CONTENT[start:stop] for start, stop in wanted]
    assert len(content.asked) <= 1
    file.keep(kept)
    asked = len(content.asked)
    for start, stop in kept:
        file.seek(start)
        assert file.read(stop - start) == CONTENT[start:stop]
    # what is kept is not asked for again
    assert len(content.asked) == asked
    for start, stop in wanted:
        file.seek(start)
        assert file.read(stop - start) == CONTENT[start:stop]


def test_small_pieces_come_in_blocks():
    content = _Counting(CONTENT)
    file = DataFile("some.raw", len(CONTENT), content)
    pieces = []
    while piece := file.read(100):
        pieces.append(piece)
    assert b"".join(pieces) == CONTENT
    assert len(content.asked) == file.requests <= len(CONTENT) / (1 << 15) + 1
    assert file.bytes_read == len(CONTENT)


def test_it_is_a_binary_file(path: Path):
    with DataFile.local(path) as file:
        assert (file.size, file.path, file.readable(), file.seekable(), file.writable()) == (
            len(CONTENT),
            path,
            True,
            True,
            False,
        )
        assert file.seek(-6, io.SEEK_END) == len(CONTENT) - 6
        assert file.read() == CONTENT[-6:]
        assert file.read(5) == b""
        assert file.seek(10) == 10
        assert file.seek(5, io.SEEK_CUR) == file.tell() == 15
        assert io.BufferedReader(file).readline()[0] == 15
    assert file.closed
    file.close()


def test_ranges_close_to_each_other_are_read_together():
    content = _Counting(CONTENT)
    file = DataFile("some.raw", len(CONTENT), content)
    file.ranges([(100_000, 100_010), (0, 10), (20, 30)])
    assert content.asked == [[(0, 30), (100_000, 100_010)]]
    assert merged([(0, 10), (5, 7), (10, 20)], 0) == [(0, 20)]


def test_files_that_cannot_be_read(tmp_path: Path, path: Path):
    with pytest.raises(DataError, match=r"none\.raw does not exist"):
        DataFile.local(tmp_path / "none.raw")
    if os.geteuid():
        path.chmod(0)
        with pytest.raises(DataError, match=r"some\.raw cannot be read: Permission denied"):
            DataFile.local(path)
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        DataFile.local(tmp_path).ranges([(0, 1)])
