"""What a job finds out about its worker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.provenance.environment import software
from tasks.batch import site_probe
from tasks.batch.site_probe import MARK, compare_with_lock, findings
from tasks.batch.store_probe import Finding


def test_these_packages_are_compared_with_the_projects_lock(repository: Path) -> None:
    lock = (repository / "requirements.lock").read_text(encoding="utf-8")
    installed = dict(software()["packages"])
    other, missing = compare_with_lock(lock, installed)
    version = installed.pop("luigi")
    installed["law"] = "0.0.1"
    found, gone = compare_with_lock(lock, installed)
    assert set(gone) - set(missing) == {"luigi"}
    assert version
    assert {name: found[name] for name in found if name not in other} == {"law": "0.0.1 instead of 0.1.21"}


def test_what_fails_has_its_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("ERUMFLOW_STORE", str(file / "store"))
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    rows = {row.what: row for row in findings({"scratch": str(file), "disk": 1, "gpus": 1})[0]}
    failed = {what for what, row in rows.items() if row.result == "failed"}
    assert failed == {f"store {file / 'store'}", "GPU", "scratch"}
    assert all(rows[what].cure for what in failed)
    assert rows["Python"] == Finding("Python", "ok", rows["Python"].detail)


def test_scratch_that_is_too_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE", str(tmp_path))
    assert site_probe._scratch("${SPACE:-/nowhere}", 1).result == "ok"
    finding = site_probe._scratch("$SPACE", 10**12)
    assert finding.result == "failed"
    assert "MB free, 1000000000000 asked for" in finding.detail


def test_it_prints_one_line(tmp_path: Path, store: Path, repository: Path) -> None:
    request = tmp_path / "request.json"
    request.write_text(json.dumps({"scratch": str(tmp_path), "disk": 1, "gpus": 0}))
    command = [sys.executable, "-m", "tasks.batch.site_probe", str(request)]
    environment = os.environ | {"PYTHONPATH": str(repository), "ERUMFLOW_STORE": str(store)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    (line,) = (line for line in done.stdout.splitlines() if line.startswith(MARK))
    said = json.loads(line.removeprefix(MARK))
    assert [row["result"] for row in said["findings"] if row["what"] != "packages"] == ["ok"] * 4
