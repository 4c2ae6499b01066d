"""Data sets that are too large to copy: read where they are, chunk by chunk."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import uproot

from analysis.events.parquet import read_events
from tests.services.servers import S3, XRootD
from tests.tasks.project import Project, made, new_project

STUDY = """
from dataclasses import dataclass

import analysis.study as s

FILES = s.catalogue("files.yaml")


@dataclass(frozen=True)
class Selection:
    lowest: float = 0.999


study = s.Study(
    "inplace",
    title="Events where they are",
    chunk_events=1_300_000,
    datasets=(
        s.Dataset("run", "Run", "measured", FILES.matching("*"), FILES.schema("x0", "x3", "x7", "x9"), in_place=True),
    ),
    stages=(s.Events("selected", s.Step("inplace.steps:select", Selection()), selects=True),),
)
"""
STEPS = """
def select(raw, settings):
    return raw[raw.x0 > settings.lowest]
"""
CLUSTERS, EVENTS = 10, 130_000


def write(path: Path, seed: int, events: int = EVENTS) -> None:
    """Ten columns of random numbers, of which four are read; 52 MB."""
    random = np.random.default_rng(seed)
    with uproot.recreate(path, compression=None) as content:
        tree = content.mktree("Events", {f"x{i}": "float32" for i in range(10)})
        for _ in range(CLUSTERS):
            tree.extend({f"x{i}": random.random(events, dtype=np.float32) for i in range(10)})


@pytest.fixture
def project(repository: Path, tmp_path: Path) -> Project:
    folder = tmp_path / "studies" / "inplace"
    folder.mkdir(parents=True)
    (folder / "study.py").write_text(STUDY)
    (folder / "steps.py").write_text(STEPS)
    project = new_project(repository, tmp_path, "airshower", None)
    (project.folder / "law_user.cfg").write_text(f"[studies]\ndefault: inplace\npath: {folder.parent}\n")
    return project


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Path]:
    """A folder of twenty files, a gigabyte in all, which does not outlive the test."""
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(20):
        write(folder / f"run_{number}.root", number)
    yield folder
    shutil.rmtree(folder)


def describe(project: Project, pattern: str) -> dict:
    """The catalogue of some files, beside the study."""
    import yaml

    file = project.folder.parent / "studies" / "inplace" / "files.yaml"
    project.law("run", "DescribeFiles", "--files", pattern, "--output", str(file))
    return yaml.safe_load(file.read_text())


def read_of(project: Project) -> list[dict[str, int]]:
    """What the manifests say of what was read."""
    manifests = project.store.glob("inplace/selected/*/*manifest.json")
    return [json.loads(manifest.read_text())["read_in_place"] for manifest in manifests]


def check_all_of_it(project: Project) -> None:
    output = project.law("run", "inplace.selected")
    assert made(output) == ["selected"] * 20
    assert output.count(" of 52.06 MB of 1 file in place)") == 20
    found = read_of(project)
    assert [one["files"] for one in found] == [1] * 20
    needed = CLUSTERS * EVENTS * 4 * 4
    assert all(needed < one["bytes_read"] < 1.1 * needed for one in found)
    # nothing but selected events is kept
    assert sum(path.stat().st_size for path in project.store.rglob("*") if path.is_file()) < 5e6


@pytest.mark.services("xrootd")
@pytest.mark.long
def test_twenty_files_of_an_xrootd_server(project: Project, files: Path, xrootd: XRootD) -> None:
    folder = xrootd.folder / "store" / "twenty"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.move(files, folder)
    files.mkdir()
    try:
        catalogue = describe(project, f"{xrootd.url}/twenty/*.root")
        assert [one["name"] for one in catalogue["files"]] == [f"run_{number}.root" for number in range(20)]
        assert {one["checksum"].partition(":")[0] for one in catalogue["files"]} == {"adler32"}
        check_all_of_it(project)
        write(folder / "run_7.root", 100)
        output = project.law("run", "inplace.selected", "--set", "selected.lowest=0.9995", fails=True)
        assert "the file 'run_7.root' is not what the catalogue says" in output
        assert "law run DescribeFiles" in output
        describe(project, f"{xrootd.url}/twenty/*.root")
        assert made(project.law("run", "inplace.selected")) == ["selected"] * 20
    finally:
        shutil.rmtree(folder)


@pytest.mark.services("s3")
@pytest.mark.long
def test_twenty_files_of_an_s3_server(project: Project, files: Path, s3: S3) -> None:
    from analysis.provenance.remote.connecting import connect
    from analysis.provenance.remote.options import Options

    project.variables["AWS_SHARED_CREDENTIALS_FILE"] = str(s3.credentials)
    with (project.folder / "law_user.cfg").open("a") as settings:
        settings.write(f"[data]\nendpoint: {s3.endpoint}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(s3.credentials))
        bucket = connect(f"s3://{s3.bucket}/twenty", Options(endpoint=s3.endpoint))
        try:
            for file in files.iterdir():
                bucket.upload(file, file.name)
                file.unlink()
            catalogue = describe(project, f"s3://{s3.bucket}/twenty/*.root")
            assert {one["checksum"].partition(":")[0] for one in catalogue["files"]} == {"md5"}
            check_all_of_it(project)
        finally:
            bucket.remove_tree("")


@pytest.mark.long
def test_local_files_are_read_where_they_are(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for number in range(2):
        write(folder / f"run_{number}.root", number, events=1_000)
    describe(project, f"{folder}/*.root")
    output = project.law("run", "inplace.selected", "--chunk-events", "4500")
    # chunks end where clusters of files do, or files
    assert [line.split()[3] for line in output.splitlines() if line.startswith("made")] == [
        f"events_{start}-{min(start + 4_000, 20_000)}" for start in range(0, 20_000, 4_000)
    ]
    assert sum(one["bytes_read"] for one in read_of(project)) < sum(one["size"] for one in read_of(project))
    assert project.law("run", "CheckStudy", "--study", "inplace").endswith("nothing is wrong\n")
    content = bytearray((folder / "run_1.root").read_bytes())
    content[-100_000] ^= 1
    (folder / "run_1.root").write_bytes(content)
    output = project.law("run", "inplace.selected", "--set", "selected.lowest=0.9", fails=True)
    assert f"the file 'run_1.root' is not what the catalogue says: {folder}/run_1.root has sha256" in output


@pytest.mark.long
def test_a_stage_reads_the_columns_that_it_names(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    write(folder / "run_0.root", 0, events=10_000)
    describe(project, f"{folder}/*.root")
    project.law("run", "inplace.selected")
    (before,) = read_of(project)
    states = project.python(
        "from tasks import open_study\nprint([(one.name, one.words) for one in open_study().records()])"
    )
    assert "('raw', 'read in place')" in states
    shutil.rmtree(project.store / "inplace")
    study = tmp_path / "studies" / "inplace" / "study.py"
    some = "Selection()), selects=True, reads={'raw': ('identity', 'x0')}"
    study.write_text(STUDY.replace("Selection()), selects=True", some))
    project.law("run", "inplace.selected")
    (after,) = read_of(project)
    assert before["bytes_read"] > 1_600_000
    assert 400_000 < after["bytes_read"] < 600_000
    (record,) = (project.store / "inplace").rglob("*.parquet")
    assert read_events(record).fields == ["identity", "x0"]
    study.write_text(STUDY.replace("Selection()), selects=True", some.replace("'x0'", "'x1'")))
    output = project.law("run", "inplace.selected", fails=True)
    assert "the data set 'run' has no column 'x1'\n  cure: use some of: x0, x3, x7, x9, identity\n" in output


@pytest.mark.long
@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_interrupt_waits_for_no_silent_server(project: Project, workers: str) -> None:
    # a shell lets what it starts in the background ignore interrupts, these tests perhaps, and whatever they start
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        columns = dict.fromkeys(("x0", "x3", "x7", "x9"), "float32")
        files = [{"name": f"run_{n}.root", "size": 1_000, "checksum": f"etag:{n}", "events": 10} for n in range(2)]
        content = {"format": 1, "folder": f"http://127.0.0.1:{server.getsockname()[1]}", "tree": "Events"}
        catalogue = project.folder.parent / "studies" / "inplace" / "files.yaml"
        catalogue.write_text(json.dumps({**content, "columns": columns, "files": files}))
        process = project.start("run", "inplace.selected", "--workers", workers)
        connections = [server.accept()[0] for _ in files]
        time.sleep(0.2)
        begin = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=60)
        # without anything that waits it is some hundredths of a second
        assert time.monotonic() - begin < 8
        for connection in connections:
            connection.close()
    assert process.returncode == 130
    assert "the same command goes on from there" in output
    assert "Traceback" not in output
    assert not [path for path in project.store.rglob("*") if path.name.startswith("events")]
