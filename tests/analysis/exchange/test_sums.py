"""Lists of digests: what ``sha256sum`` writes is read, and nothing else."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from analysis.errors import DataError
from analysis.exchange.sums import SUMS, digest_of, listed, parse_sums

FILES = {"model.onnx": b"a model", "README.md": b"a card", "_weights-1+2": b""}
DIGESTS = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}


def test_lists_are_those_of_sha256sum(tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    told = subprocess.run(
        "LC_ALL=C sha256sum *", shell=True, cwd=tmp_path, env={"PATH": "/usr/bin:/bin"}, capture_output=True, check=True
    ).stdout
    assert listed(DIGESTS).encode() == told
    assert parse_sums(told, SUMS) == DIGESTS
    assert digest_of(DIGESTS) == hashlib.sha256(told).hexdigest()


@pytest.mark.parametrize(
    "line",
    [
        "",
        "model.onnx",
        f"{'0' * 63}  a",
        f"{'A' * 64}  a",
        f"{'0' * 64}  ../a",
        f"{'0' * 64}  /etc/passwd",
        f"{'0' * 64}  .hidden",
        f"{'0' * 64}  -option",
        f"{'0' * 64}  {SUMS}",
        f"{'0' * 64}  README.md",
    ],
    ids=repr,
)
def test_lines_that_name_no_file_of_the_folder_are_refused(line: str) -> None:
    with pytest.raises(DataError, match=r"the folder's list has the line .*, which names no file"):
        parse_sums(f"{listed({'README.md': '1' * 64})}{line}\n".encode(), "the folder's list")


@pytest.mark.parametrize(
    "text",
    [
        f"{'1' * 64}  b\n{'0' * 64}  a\n",
        f"{'0' * 64} *a\n",
        f"{'0' * 64}  a",
        f"{'0' * 64}  a\r\n",
    ],
    ids=["not sorted", "binary", "no end of line", "ends of lines of another system"],
)
def test_a_folder_has_one_list(text: str) -> None:
    with pytest.raises(DataError, match="not sorted by name, or not as sha256sum writes it"):
        parse_sums(text.encode(), "the folder's list")
