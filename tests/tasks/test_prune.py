"""Pruning: what nothing needs goes, everything else stays, and it comes back."""

from __future__ import annotations

import json
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
import zipfile
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import StoreError, StudyError
from analysis.provenance.inventory import locations
from analysis.provenance.keys import KeyParts
from analysis.provenance.local_store import LocalStore
from analysis.provenance.mirrored_store import MirroredStore
from analysis.provenance.records import Record
from analysis.provenance.remote.connecting import connect
from analysis.provenance.remote_store import RemoteStore
from tasks import current
from tasks.prune import Prune
from tests.analysis.provenance.stored import write_record
from tests.services.servers import S3, XRootD
from tests.tasks.project import Project, complete_records_are_whole, made, new_project

HERE = Path(__file__).parent


def prune(**parameters: Any) -> Prune:
    """Run the task anew, whatever it did before."""
    task = Prune(**parameters)
    task.run()
    assert task.complete()
    task.done = False
    return task


def stored(store: Path) -> set[str]:
    """Places of the records in a store."""
    return {str(path.parent.relative_to(store)) for path in store.glob("[!.]*/*/*/*manifest.json")}


@pytest.mark.long
def test_records_that_are_current_never_go(store: Path, monkeypatch: pytest.MonkeyPatch):
    local, chance = LocalStore(store), random.Random(3)
    parts: dict[str, KeyParts] = {}
    original = current._places_of

    def places_of(task: Any, series: str) -> set[str]:
        parts[task.place(series)] = task.key_parts(series)
        return original(task, series)

    with monkeypatch.context() as patch:
        patch.setattr(current, "_places_of", places_of)
        places = sorted(current.current_places("airshower") | current.current_places("htautau"))
    old = []
    for number, place in enumerate(places):
        study, task, folder = place.split("/")
        series = folder.rpartition("-")[0]
        write_record(local, task, study=study, series=series, parts=parts[place], days=chance.uniform(0, 100))
        if number % 9 == 0:
            old.append(write_record(local, task, study=study, series=series, days=50))
    prune(older_than="0d", remove=True)
    assert stored(store) == set(places)
    prune(undo=True)
    assert stored(store) == {*places, *(record.place for record in old)}
    for record in old:
        record.verify()


@pytest.fixture
def records(store: Path) -> dict[str, Record]:
    """Old records of the study airshower, a capsule, and records of a study that is lost."""
    local = LocalStore(store)
    raw = write_record(local, "FetchData", study="airshower", days=90)
    one = write_record(local, "TrainModel", study="airshower", inputs=[raw], days=60)
    two = write_record(local, "TrainModel", study="airshower", version=2, inputs=[raw], days=3)
    fit = write_record(local, "FitMeasurement", study="airshower", inputs=[one], days=40)
    lost = write_record(local, "TrainModel", study="lost", days=400)
    return {"raw": raw, "one": one, "two": two, "fit": fit, "lost": lost}


def test_it_is_dry_unless_told(records: dict[str, Record], store: Path, capsys: pytest.CaptureFixture[str]):
    before = {path: path.stat().st_mtime_ns for path in store.rglob("*")}
    prune(older_than="30d")
    assert {path: path.stat().st_mtime_ns for path in store.rglob("*")} == before
    output = capsys.readouterr().out
    assert re.search(r"airshower +FitMeasurement +1 +1 +\d+\.\d kB", output)
    assert re.search(r"airshower +TrainModel +1 +1 +\d+\.\d kB", output)
    # what the younger one was made of
    assert "FetchData" not in output
    assert "in all: 2 keys, 2 records" in output
    assert "staying: 2 young, 1 of a study that is not known" in output
    assert "the study lost is not known (no study is called 'lost'" in output
    assert "nothing was touched; --remove moves it to the trash" in output


def test_there_and_back_and_the_end(records: dict[str, Record], store: Path, capsys: pytest.CaptureFixture[str]):
    before = stored(store)
    left = prune(older_than="30d", remove=True)
    assert stored(store) == {records[name].place for name in ("raw", "two", "lost")}
    ((what, text),) = left.summary()
    assert (what, text.partition(": ")[2].partition(",")[0]) == ("trash", "2 records")
    prune(remove=True, study=("lost",))
    assert records["lost"].place not in stored(store)
    assert [text.partition(": ")[2].partition(",")[0] for _, text in left.summary()] == ["1 records", "2 records"]
    # the last one, then the named one
    prune(undo=True)
    assert records["lost"].is_complete()
    ((_, text),) = left.summary()
    prune(undo=True, heap=text.partition(" ")[0])
    assert stored(store) == before
    for record in records.values():
        record.verify()
    assert list(left.summary()) == []
    with pytest.raises(StoreError, match="the trash is empty"):
        prune(undo=True)
    prune(older_than="0d", remove=True)
    prune(empty=True)
    assert stored(store) == {records["lost"].place}
    assert not (store / ".trash").exists()
    assert "is deleted: 4 records" in capsys.readouterr().out


def test_restrictions(records: dict[str, Record], store: Path, tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "published.zip", "w") as capsule:
        capsule.writestr(f"records/{records['fit'].place}/manifest.json", "{}")
    prune(older_than="0d", remove=True, capsules=(str(tmp_path / "published.zip"),))
    assert stored(store) == {records[name].place for name in ("raw", "one", "fit", "lost")}
    prune(undo=True)
    prune(older_than="0d", keep_versions=1, task=("TrainModel",), remove=True)
    assert stored(store) == {records[name].place for name in ("raw", "two", "fit", "lost")}
    with pytest.raises(StudyError, match="study with records 'airshowr'"):
        prune(study=("airshowr",))
    with pytest.raises(StudyError, match="only one of"):
        Prune(remove=True, undo=True)
    with pytest.raises(StudyError, match="--heap is for"):
        Prune(heap="x")
    with pytest.raises(StudyError, match=r"--heap.*'x'"):
        prune(undo=True, heap="x")


def test_nothing_goes_while_somebody_may_write(
    records: dict[str, Record],
    store: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    before = stored(store)
    code = (
        "import sys\nfrom pathlib import Path\nfrom analysis.provenance.local_store import LocalStore\n"
        "with LocalStore(Path(sys.argv[1])).lock('airshower/Fit/x-0123456789ab', '', lambda: None): pass\n"
        "print('between two records', flush=True)\nsys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(store)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        with pytest.raises(StoreError, match="a command is at work"):
            prune(older_than="0d", remove=True)
        writer.kill()
    # jobs that wait in a queue for days
    monkeypatch.setenv("ERUMFLOW_BASE", str(tmp_path))
    folder = tmp_path / "jobs" / "airshower" / "TrainModel" / "abc"
    folder.mkdir(parents=True)
    attempt = {"name": "TrainModel-1", "records": [f"{records['two'].place}/"], "number": 1, "memory": 0, "log": "x"}
    attempts = [{**attempt, "site": "condor", "phase": "submitted"}]
    (folder / "submission.json").write_text(json.dumps({"format": 2, "attempts": attempts}))
    with pytest.raises(StoreError, match=r"1 jobs are in queues.*TrainModel-1 at the site condor"):
        prune(older_than="0d", remove=True)
    prune(older_than="0d")
    assert "--remove would refuse: 1 jobs are in queues" in capsys.readouterr().out
    assert stored(store) == before
    attempts = [{**attempt, "site": "condor", "phase": "over"}]
    (folder / "submission.json").write_text(json.dumps({"format": 2, "attempts": attempts}))
    prune(older_than="0d", remove=True)
    assert stored(store) == {records["lost"].place}


def test_pinned_records_stay_with_what_they_were_made_of(
    records: dict[str, Record], store: Path, monkeypatch: pytest.MonkeyPatch
):
    pinned = frozenset({records["one"].key[:8]})
    monkeypatch.setattr("tasks.prune_plan.pinned_keys", lambda: pinned)
    prune(older_than="0d", remove=True)
    assert stored(store) == {records[name].place for name in ("raw", "one", "lost")}


def test_a_store_with_a_copy_has_a_trash_in_both(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    local = LocalStore(store)
    remote = RemoteStore(connect(f"file://{tmp_path}/server"), tmp_path / "cache", 10**6)
    both = MirroredStore(local, remote, lambda text: pytest.fail(text))
    raw = write_record(both, "FetchData", study="airshower")
    old = write_record(both, "TrainModel", study="airshower", inputs=[raw])
    capsule = write_record(both, "PreserveStudy", study="airshower", inputs=[raw])
    # of a killed training, on this machine
    (remote.scratch.workspace(old.place) / "checkpoint").write_bytes(b"1")
    where = [*locations([both]), *locations([remote.scratch])]
    monkeypatch.setattr("tasks.prune.all_locations", lambda: where)
    left = prune(older_than="0d", remove=True)
    for one in (local, remote):
        assert [Record(one, r.place, "", r.payload).is_complete() for r in (raw, old, capsule)] == [True, False, True]
    # nothing comes back by itself
    assert both.listing(old.place) == {}
    assert not (remote.scratch.root / old.place).exists()
    assert len(list(left.summary())) == 3
    prune(undo=True)
    for one in (local, remote):
        Record(one, old.place, "", old.payload).verify()
    assert (remote.scratch.workspace(old.place) / "checkpoint").read_bytes() == b"1"
    assert list(left.summary()) == []


def toy_project(repository: Path, folder: Path) -> Project:
    """The small study of tests, in a folder of its own."""
    project = new_project(repository, folder, "airshower", None)
    (folder / "studies").mkdir()
    for name in ("toy_study.py", "toy_physics.py"):
        shutil.copy(HERE / "toy" / name, folder / "studies")
    (project.folder / "law_user.cfg").write_text("[studies]\ndefault: toy\npath: ../studies\n")
    project.law("index", "-q")
    return project


def change(project: Project, scale: float) -> None:
    study = project.folder.parent / "studies" / "toy_study.py"
    study.write_text(re.sub(r"scale: float = [\d.]+", f"scale: float = {scale}", study.read_text()))


@pytest.fixture(scope="module")
def toys(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Records of two versions of the study; not to be changed."""
    project = toy_project(repository, tmp_path_factory.mktemp("toys"))
    project.law("run", "toy.summary")
    change(project, 1.1)
    project.law("run", "toy.summary")
    return project


@pytest.mark.long
class TestCommands:
    @pytest.fixture
    def project(self, toys: Project, tmp_path: Path) -> Project:
        shutil.copytree(toys.folder.parent, tmp_path / "copy")
        return Project(tmp_path / "copy" / "project", tmp_path / "copy" / "store", None)

    def test_old_records_go_and_come_back(self, project: Project):
        before = stored(project.store)
        output = project.law("run", "Prune", "--older-than", "0d")
        assert re.search(r"toy +cleaned +4 +12 ", output)
        assert "SimulateData" not in output
        output = project.law("run", "Prune", "--older-than", "0d", "--remove")
        assert "moves" not in output
        assert len(stored(project.store)) == len(before) - 10
        # what the present code needs is all there
        assert made(project.law("run", "toy.summary")) == []
        complete_records_are_whole(project)
        change(project, 1.0)
        output = project.law("run", "Prune", "--undo")
        assert "records came back" in output or "20 of 20 came back" in output
        assert stored(project.store) == before
        assert made(project.law("run", "toy.summary")) == []
        assert "VerifyRecords" not in project.law("run", "VerifyRecords")
        output = project.law("run", "ListRecords", "--state", "old", "--json")
        assert {row["task"] for row in json.loads(output)} == {"cleaned", "ranked", "thirds", "summary"}

    def test_killed_at_any_moment_the_same_command_goes_on(self, project: Project):
        chance, before = random.Random(11), stored(project.store)
        contents = {
            path.relative_to(project.store): path.read_bytes() for path in project.store.glob("[!.]*/*/*/[!.]*")
        }
        for what in [("--older-than", "0d", "--remove"), ("--undo",)] * 3:
            process = project.start("run", "Prune", *what)
            # both are done with moving some seconds after their begin, whatever else this machine does
            time.sleep(chance.uniform(0.5, 5.0))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            complete_records_are_whole(project)
            if what != ("--undo",) or (project.store / ".trash").exists():
                project.law("run", "Prune", *what)
            assert len(stored(project.store)) == len(before) - (0 if what == ("--undo",) else 10)
        found = {path.relative_to(project.store): path.read_bytes() for path in project.store.glob("[!.]*/*/*/[!.]*")}
        assert found == contents


@pytest.mark.long
@pytest.mark.services
class TestServers:
    def there_and_back(self, repository: Path, folder: Path, variables: dict[str, str]) -> None:
        project = toy_project(repository, folder)
        project.variables |= {**variables, "TMPDIR": str(folder)}
        project.law("run", "toy.thirds")
        change(project, 1.1)
        project.law("run", "toy.thirds")
        listed = lambda: json.loads(project.law("run", "ListRecords", "--json"))  # noqa: E731
        before = listed()
        assert {row["task"] for row in before if row["states"] == ["old"]} == {"cleaned", "thirds"}
        assert "in all: 5 keys, 15 records" in project.law("run", "Prune", "--older-than", "0d")
        project.law("run", "Prune", "--older-than", "0d", "--remove")
        assert listed() == [row for row in before if row["states"] != ["old"]]
        assert made(project.law("run", "toy.thirds")) == []
        # seen once on a busy machine: three leftovers beside the records
        came = re.search(r"(\d+) of (\d+) came back", project.law("run", "Prune", "--undo"))
        assert came
        assert came[1] == came[2]
        assert int(came[1]) >= 15
        again = listed()
        assert again == before
        assert "verified" in project.law("run", "VerifyRecords")
        project.law("run", "Prune", "--older-than", "0d", "--remove")
        assert "is deleted: 15 records" in project.law("run", "Prune", "--empty")

    def test_on_s3(self, repository: Path, tmp_path: Path, s3: S3):
        variables = {
            "ERUMFLOW_STORE": f"s3://{s3.bucket}/{uuid.uuid4().hex}",
            "AWS_ENDPOINT_URL_S3": s3.endpoint,
            "AWS_ACCESS_KEY_ID": s3.key,
            "AWS_SECRET_ACCESS_KEY": s3.secret,
        }
        self.there_and_back(repository, tmp_path, variables)

    def test_on_xrootd(self, repository: Path, tmp_path: Path, xrootd: XRootD):
        self.there_and_back(repository, tmp_path, {"ERUMFLOW_STORE": f"{xrootd.url}/{uuid.uuid4().hex}"})
