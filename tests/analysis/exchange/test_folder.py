"""Folders of published networks: what is read, and what is refused."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from analysis.errors import DataError
from analysis.exchange import folder as folders
from analysis.exchange.description import Capsule, Description, Former, Tensor
from analysis.exchange.folder import CONFIG, ONNX, SUMS, digest_of, listed, read

DESCRIPTION = Description(
    name="shower",
    version=2,
    inputs=(Tensor("signals", (9, 2), names=("charge", "time"), units={"time": "ns"}), Tensor("there", (9,), "bool")),
    outputs=(Tensor("predictions", (1,), names=("energy",), units={"energy": "EeV"}),),
    title=r"Air showers, $E > 1$ EeV",
    licence="BSD-3-Clause",
    folds=3,
    capsule=Capsule("shower.zip", "a" * 64),
    replaces=Former("shower", 1, "b" * 64),
    network={"format": "anything"},
)


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A small folder with its list."""
    folder = tmp_path / "shower-2"
    folder.mkdir()
    (folder / ONNX).write_bytes(b"a model")
    (folder / CONFIG).write_text(DESCRIPTION.text())
    sign(folder)
    return folder


def sign(folder: Path) -> None:
    files = [path for path in folder.iterdir() if path.name != SUMS]
    (folder / SUMS).write_text(listed({path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}))


def test_a_folder_says_what_it_is(published: Path) -> None:
    found = read(published)
    assert found.description == DESCRIPTION
    assert found.content(ONNX) == b"a model"
    assert found.digest == hashlib.sha256((published / SUMS).read_bytes()).hexdigest() == digest_of(found.digests)
    assert read(published, found.digest) == found
    with pytest.raises(DataError, match=r"has no README\.md"):
        found.content("README.md")
    done = subprocess.run(["sha256sum", "-c", SUMS], cwd=published, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"{CONFIG}: OK\n{ONNX}: OK\n")


def test_what_others_add_is_not_looked_at_and_a_list_may_be_missing(published: Path) -> None:
    before = read(published)
    (published / ".gitattributes").write_text("*.onnx filter=lfs")
    (published / "onnx").mkdir()
    (published / SUMS).unlink()
    assert read(published) == before
    sign_less = listed({CONFIG: before.digests[CONFIG]})
    (published / SUMS).write_text(sign_less)
    assert set(read(published).digests) == {CONFIG}


@pytest.mark.parametrize("line", ["../outside", "/etc/passwd", "a/b", ".hidden", "-rf", "a\\b", SUMS, ""])
def test_names_lead_nowhere_else(published: Path, line: str) -> None:
    (published / SUMS).write_text(f"{'0' * 64}  {line}\n")
    with pytest.raises(DataError, match="names no file of the folder"):
        read(published)


def test_faults_are_named(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = read(published)
    with pytest.raises(DataError, match=f"has the digest {good.digest}, not {'0' * 64}"):
        read(published, "0" * 64)
    text = (published / SUMS).read_text()
    (published / SUMS).write_text(text.replace("  ", " *"))
    with pytest.raises(DataError, match="not as sha256sum writes it"):
        read(published)
    (published / SUMS).write_text(text)
    (published / ONNX).write_bytes(b"no model")
    with pytest.raises(DataError, match=r"model\.onnx is damaged"):
        read(published)
    with pytest.raises(DataError, match="changed while it was read"):
        good.content(ONNX)
    (published / ONNX).unlink()
    with pytest.raises(DataError, match=r"there is no file .*model.onnx"):
        read(published)
    with pytest.raises(DataError, match="there is no file"):
        read(published / "nowhere")
    (published / ONNX).symlink_to("/etc/hostname")
    with pytest.raises(DataError, match="a link, or no ordinary file"):
        read(published)
    (published / ONNX).unlink()
    os.mkfifo(published / ONNX)
    with pytest.raises(DataError, match="a link, or no ordinary file"):
        read(published)
    (published / SUMS).unlink()
    (published / ONNX).unlink()
    monkeypatch.setattr(folders, "MOST_TEXT", 10)
    with pytest.raises(DataError, match="larger than the 10 bytes"):
        read(published)
    (published / "not plain").touch()
    with pytest.raises(DataError, match="a file called 'not plain'"):
        read(published)
    (published / "not plain").rename(published / "plain")
    monkeypatch.setattr(folders, "MOST_FILES", 1)
    with pytest.raises(DataError, match="has 2 files"):
        read(published)
