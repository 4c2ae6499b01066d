"""Files of others: what is no ordinary one keeps nobody waiting."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from analysis.preservation.reading import content_of, json_of


def test_ordinary_ones_are_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    assert content_of(tmp_path / "a") == b"1"
    assert json_of(content_of(tmp_path / "a")) == 1


@pytest.mark.parametrize("kind", ["pipe", "link", "device", "folder", "missing"])
def test_others_are_refused(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "a"
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "link":
        (tmp_path / "b").write_bytes(b"1")
        place.symlink_to("b")
    elif kind == "folder":
        place.mkdir()
    with pytest.raises(OSError):  # noqa: PT011
        content_of(Path("/dev/zero") if kind == "device" else place)


@pytest.mark.parametrize("text", [b"[" * 200_000, '{"a":' * 200_000, "[[1]", b"\xff"])
def test_what_is_no_json_is_told_as_such(text: bytes | str) -> None:
    with pytest.raises(ValueError, match=r"nested too deeply|Expecting|codec"):
        json_of(text)
