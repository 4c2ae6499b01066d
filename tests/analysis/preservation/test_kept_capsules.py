"""Capsules of this and of earlier formats can be read, and run again.

They lie in ``tests/data``, made by ``law run PreserveStudy --statistics small --training epochs=2,patience=2
--network-settings hidden=8`` and compressed: ``airshower-N.capsule.zip.xz`` is of format N. None is ever replaced.
"""

from __future__ import annotations

import json
import lzma
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.preservation import archive, expectations, sources
from analysis.preservation.description import FORMAT
from analysis.preservation.rerunning import checked
from analysis.preservation.verdict import judge, preserved_in

DATA = Path(__file__).resolve().parents[2] / "data"
FORMATS = range(1, FORMAT + 1)


@pytest.fixture(params=FORMATS, ids=lambda version: f"format{version}")
def capsule(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    file = tmp_path / "airshower.capsule.zip"
    with lzma.open(DATA / f"airshower-{request.param}.capsule.zip.xz") as compressed, file.open("wb") as stream:
        shutil.copyfileobj(compressed, stream)
    assert json.loads(archive.read(file, "capsule.json"))["format"] == request.param
    return file


def test_it_is_read(capsule: Path, tmp_path: Path) -> None:
    description = checked(capsule)
    assert description.study == "airshower"
    folder = tmp_path / "capsule"
    archive.unpack(capsule, folder)
    expected = expectations.from_json((folder / expectations.FILE).read_bytes())
    assert len(expected) == 39
    assert len(sources.from_json((folder / sources.FILE).read_bytes())) >= 1
    assert len(preserved_in(folder)) > 45
    # as if it had been run again
    store = tmp_path / "store"
    shutil.copytree(folder / "records", store)
    shutil.copy(folder / "results" / "results.json", store / description.results)
    verdict = judge(folder, description, store)
    assert verdict.agrees
    assert verdict.trace is None


@pytest.mark.release
def test_it_is_run_again(capsule: Path, repository: Path, tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    command = [sys.executable, "-m", "tasks.rerun", str(capsule), "--folder", str(tmp_path / "rerun")]
    done = subprocess.run(command, cwd=repository, env=kept, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    # uncertainties that differ on another processor are rows of their own
    assert "numbers: all agree" in done.stdout
    verdict = json.loads((tmp_path / "rerun" / "verdict.json").read_text())
    assert sum("(" not in row["quantity"] for row in verdict["rows"]) == 39
