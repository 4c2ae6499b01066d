"""Files that changed since their catalogue was written are told, whatever records there are."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from analysis.study import Dataset, SourceFile
from tasks.framework import changed_files as module
from tasks.framework import reporting
from tasks.framework.changed_files import changed_files


@pytest.fixture
def study(tmp_path: Path) -> Any:
    files = []
    for number in range(3):
        path = tmp_path / f"run{number}.csv"
        path.write_text(f"pt\n{number}.5\n")
        os.utime(path, (1000.0 + number, 1000.0 + number))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        files.append(SourceFile(path.name, str(path), digest, path.stat().st_size, 1))
    elsewhere = SourceFile("run9.csv", "https://example.org/run9.csv", "0" * 64, 4, 1)
    return SimpleNamespace(datasets=(Dataset("runs", "Runs", "measured", (*files, elsewhere)),))


def test_the_same_files_are_not_told_of(study: Any, tmp_path: Path):
    assert changed_files(study) == ""
    # copies in the store serve
    (tmp_path / "run0.csv").unlink()
    assert changed_files(study) == ""


@pytest.mark.parametrize("content", ["pt\n1.6\n", "pt\n1.55\n"], ids=["same size", "other size"])
def test_what_was_edited_is_told_with_a_cure(study: Any, tmp_path: Path, content: str):
    (tmp_path / "run1.csv").write_text(content)
    text = changed_files(study)
    assert text.startswith(f"{tmp_path / 'run1.csv'} is not what the catalogue says of 'run1.csv' any more and")
    assert "law run DescribeFiles --files" in text
    (tmp_path / "run0.csv").write_text("")
    assert "and 1 more are not" in changed_files(study)


def test_the_last_changed_are_compared(study: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_BYTES", 10)
    (tmp_path / "run1.csv").write_text("pt\n1.6\n")
    assert "run1.csv" in changed_files(study)
    # two others are newer, and have all the bytes that are read
    os.utime(tmp_path / "run1.csv", (1000.0, 1000.0))
    assert changed_files(study) == ""


def test_a_command_that_finds_its_records_warns(study: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    root = SimpleNamespace(definition=study, summary=lambda: [("mean", "1.5")])
    reporting._conclude(root, True)
    assert capsys.readouterr() == ("\nmean  1.5\n", "")
    (tmp_path / "run1.csv").write_text("pt\n1.6\n")
    reporting._conclude(root, True)
    assert capsys.readouterr().err.startswith(f"warning: {tmp_path / 'run1.csv'} is not what the catalogue says")
