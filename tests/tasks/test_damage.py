"""After any damage in a store the same command ends in the right numbers, or in one refusal whose cure helps."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import RecordError
from analysis.provenance.local_store import LocalStore
from analysis.provenance.manifests import read_manifest
from analysis.provenance.records import Record
from analysis.provenance.remote.connecting import connect
from tests.analysis.provenance.servers import OnS3
from tests.tasks.conftest import copied
from tests.tasks.damaging import DAMAGES, Stored, damage_each_task, damaged
from tests.tasks.project import QUICK, SMALL, Project, made, new_project

# what is not made by Report
SPARED = ("Report", "PreserveStudy", "ExportModel")


def check_the_same_command_makes_it_right(
    project: Project, stored: Stored, turn: int, arguments: tuple[str, ...], spared: tuple[str, ...] = SPARED
) -> None:
    """Damage something of each task but some, and ask for the page."""
    command = ("run", "Report", "--study", stored.study, *arguments)
    before = stored.contents(SPARED)
    lines = damage_each_task(stored, turn, spared)
    for path, manifest in stored_reports(stored).items():
        assert manifest["record"]["family"] == "Report"
        stored.files.remove(path)
    output = project.law(*command)
    assert "Traceback" not in output
    assert "Report" in made(output)
    there = stored.contents(SPARED)
    assert {name: digest for name, digest in there.items() if before[name] != digest} == {}, "\n".join(lines)
    assert {name.split()[0] for name in before} == {name.split()[0] for name in there}
    # what nobody has read is found where all is
    if "set aside" in project.law("run", "VerifyRecords", "--study", stored.study, fails=None):
        project.law(*command)
    project.law("run", "VerifyRecords", "--study", stored.study)
    assert made(project.law(*command)) == []


def stored_reports(stored: Stored) -> dict[str, dict[str, Any]]:
    found = {}
    for path in list(stored._paths()):
        if path.split("/")[1] == "Report":
            found[path] = read_manifest(stored.files.read(path))
    return found


@pytest.mark.release
def test_airshower(author: Project, tmp_path: Path):
    project = copied(author, tmp_path)
    stored = Stored(connect(f"file://{project.store}"), "airshower", tmp_path)
    check_the_same_command_makes_it_right(project, stored, 1, SMALL)


@pytest.mark.release
def test_htautau(finished: Project, tmp_path: Path):
    # the smallest study has both turns, and those that take less time have their figures damaged
    spared = (*SPARED, "PlotMeasurement", "ValidateModel")
    stored = Stored(connect(f"file://{finished.store}"), "htautau", tmp_path)
    check_the_same_command_makes_it_right(finished, stored, 0, QUICK, spared)


@pytest.mark.release
def test_an_example(repository: Path, mirror: Path, tmp_path: Path):
    shutil.copytree(repository / "examples" / "h4l", tmp_path / "studies" / "h4l")
    project = new_project(repository, tmp_path, "airshower", mirror)
    (project.folder / "law_user.cfg").write_text("[studies]\npath: ../studies\n")
    project.law("run", "Report", "--study", "h4l")
    stored = Stored(connect(f"file://{project.store}"), "h4l", tmp_path)
    check_the_same_command_makes_it_right(project, stored, 0, ())


@pytest.mark.services
class TestS3(OnS3):
    def test_a_small_study(self, pulses: Project, address: str, tmp_path: Path):
        project = copied(pulses, tmp_path)
        stored = Stored(connect(address), "pulse", tmp_path)
        for file in sorted((project.store / "pulse").glob("*/*/*")):
            if file.is_file() and file.parts[-3] not in SPARED[1:]:
                stored.files.upload(file, file.relative_to(project.store).as_posix())
        project.variables["ERUMFLOW_STORE"] = address
        for turn in (0, 1):
            check_the_same_command_makes_it_right(project, stored, turn, ())


@pytest.mark.long
@pytest.mark.parametrize("study", ["airshower", "htautau"])
def test_each_file_of_each_task(author: Project, collisions: Project, tmp_path: Path, study: str):
    """Every kind of payload and of manifest, one at a time: reading refuses it, and sets the record aside."""
    source = (author if study == "airshower" else collisions).store
    stored = Stored(connect(f"file://{source}"), study, tmp_path)
    kinds: dict[tuple[str, str], tuple[str, str]] = {}
    for path, manifest in stored.manifests().items():
        for name in manifest["payload"]:
            # figures of a task are all alike
            kinds.setdefault((manifest["record"]["family"], Path(f"a.{name}").suffix), (path, name))
    for number, (path, name) in enumerate(kinds.values()):
        manifest = read_manifest((source / path).read_bytes())
        place, label = manifest["record"]["place"], manifest["record"]["label"]
        copy = Record(LocalStore(tmp_path / f"store {number}"), place, label, tuple(manifest["payload"]))
        folder = Path(copy.store.url(place))
        folder.mkdir(parents=True)
        files = {one: source / place / copy.file_name(one) for one in (name, "manifest.json")}
        # the others are not looked at
        for one in copy.payload:
            (folder / copy.file_name(one)).touch()
        for how in DAMAGES:
            for what in files:
                for file in files.values():
                    shutil.copy(file, folder)
                content = damaged(files[what].read_bytes(), how, b"?" * files[what].stat().st_size)
                (folder / files[what].name).unlink()
                if content is not None:
                    (folder / files[what].name).write_bytes(content)
                with pytest.raises(RecordError):
                    copy.path(name)
                assert not copy.is_complete(), (path, what, how)
