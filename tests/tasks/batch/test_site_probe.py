"""What a job finds out about its worker."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from analysis.provenance.environment import software
from analysis.provenance.remote.connecting import connect
from analysis.provenance.remote.options import Options
from analysis.provenance.store import sha256_of
from analysis.source_files import SourceFile
from tasks.batch import site_probe
from tasks.batch.site_probe import MARK, compare_with_lock, findings
from tasks.batch.store_probe import Finding
from tests.services.servers import S3, XRootD


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


def rows_of(*files: SourceFile, **options: Any) -> list[Finding]:
    """The rows of data that a job would read in place."""
    return site_probe._data({"data": [asdict(file) for file in files], "options": asdict(Options(**options))})


def test_data_on_this_machine(tmp_path: Path) -> None:
    path = tmp_path / "a.root"
    path.write_bytes(b"root")
    there = SourceFile("a.root", str(path), sha256=sha256_of(path), size=4, events=1)
    gone = replace(there, url=str(tmp_path / "elsewhere" / "a.root"))
    good, bad, changed = rows_of(there, gone, replace(there, size=5))
    assert (good.what, good.result) == (f"data {tmp_path}", "ok")
    assert (bad.what, bad.result) == (f"data {tmp_path / 'elsewhere'}", "failed")
    assert "does not exist" in bad.detail
    assert changed.result == "failed"
    assert all(row.cure for row in (bad, changed))


def test_data_on_a_server_that_does_not_answer() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        file = SourceFile("a.root", f"root://127.0.0.1:{port}//data/a.root", size=4, events=1, checksum="adler32:0")
        (row,) = rows_of(file, attempts=1)
    assert (row.what, row.result) == (f"data root://127.0.0.1:{port}", "failed")
    assert "cannot be reached" in row.detail
    assert "that this machine may talk to it" in row.cure


@pytest.mark.services
def test_data_on_servers(xrootd: XRootD, s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.root"
    path.write_bytes(b"root")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(s3.credentials))
    found = []
    for url in (f"{xrootd.url}/probe-{tmp_path.name}", f"s3://{s3.bucket}/probe-{tmp_path.name}"):
        files = connect(url, Options(endpoint=s3.endpoint))
        files.upload(path, "a.root")
        size, checksum = files.identity("a.root")
        found.append(SourceFile("a.root", f"{url}/a.root", size=size, events=1, checksum=checksum.text))
    rows = rows_of(*found, endpoint=s3.endpoint)
    assert [row.result for row in rows] == ["ok", "ok"]
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    # of the same process, which keeps its connections
    rows = rows_of(replace(found[1], url=found[1].url.replace("/a.root", "/elsewhere/a.root")), endpoint=s3.endpoint)
    assert [row.result for row in rows] == ["failed"]
    assert "key" in rows[0].cure.lower()
