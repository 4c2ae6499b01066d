"""``law run NewStudy``: what it writes is short, complete and runs; it overwrites nothing."""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import awkward as ak
import numpy as np
import pytest
import uproot

from analysis.errors import DataError, StudyError
from analysis.new_study.of_files import write_study_of_files
from analysis.new_study.writing import PLACEHOLDER, write_study
from analysis.readers.file_description import describe_file
from analysis.readers.opening import Access
from tests.tasks.project import Project, new_project


@pytest.fixture
def project(repository: Path, tmp_path: Path) -> Project:
    return new_project(repository, tmp_path, "airshower", None)


def test_what_is_written(tmp_path: Path, repository: Path):
    files = write_study("mine", tmp_path)
    names = {"README.md", "events.py", "settings.py", "steps.py", "study.py", "test_mine.py"}
    assert {file.name for file in files} == {file.name for file in (tmp_path / "mine").iterdir()} == names
    for file in files:
        text = file.read_text()
        assert PLACEHOLDER not in text
        assert text.count("\n") < 60
    style = ["ruff", "check", "--config", str(repository / "pyproject.toml"), "--ignore", "I001", str(tmp_path)]
    for command in (style, ["ruff", "format", "--check", *style[2:4], str(tmp_path)]):
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("Mine", "its package is called so"),
        ("class", "a word of Python's"),
        ("lambda", "a word of Python's"),
        ("my-study", "its package is called so"),
        ("../mine", "study"),
        ("json", "'json' is the name of another package"),
        ("numpy", "'numpy' is the name of another package"),
        ("analysis", "'analysis' is the name of another package"),
    ],
)
def test_names_that_cannot_be(tmp_path: Path, name: str, problem: str):
    with pytest.raises(StudyError, match=problem):
        write_study(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_its_steps_are_right_at_once_and_nothing_is_overwritten(project: Project, tmp_path: Path):
    studies = tmp_path / "my studies"
    output = project.law("run", "NewStudy", "--name", "mine", "--folder", str(studies))
    assert f"path: {studies}" in output
    (studies / "mine" / "README.md").write_text("mine")
    assert "is there already" in project.law("run", "NewStudy", "--name", "mine", "--folder", str(studies), fails=True)
    assert (studies / "mine" / "README.md").read_text() == "mine"
    with (project.folder / "law_user.cfg").open("a") as stream:
        stream.write(f"path: {studies}\n")
    assert "there is a study 'mine' already" in project.law("run", "NewStudy", "--name", "mine", fails=True)
    inside = project.law("run", "NewStudy", "--name", "other", "--folder", "analysis/studies", fails=True)
    assert "is a folder of this project" in inside

    # its own test: CheckStudy; its page is made by the guide's test
    done = subprocess.run(
        ["pytest", "-q", "-p", "no:cacheprovider", "test_mine.py"],
        cwd=studies / "mine",
        env=project.environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Files of two trees, with lists alone, of text, and without a number; by what they are."""
    folder = tmp_path / "data"
    folder.mkdir()
    with uproot.recreate(folder / "a.root") as content:
        content["Events"] = {
            "run": np.full(50, 3, np.int32),
            "bad": np.full(50, np.nan),
            "pt": np.linspace(20.0, 79.0, 50, dtype=np.float32),
            "identity": np.arange(50),
        }
        content["other"] = {"lambda": np.arange(8, dtype=np.int16)}
    with uproot.recreate(folder / "lists.root") as content:
        content.mkrntuple("Events", ak.Array({"jet": [[1.0, 2.0], [], [3.0]]}))
    (folder / "table.csv").write_text("time of day,energy\n1.5,3\n2.5,4\n")
    with uproot.recreate(folder / "flags.root") as content:
        content["Events"] = {"flag": np.ones(3, bool)}
    return {path.stem: str(path) for path in folder.iterdir()}


def written(tmp_path: Path, name: str, *described: tuple[str, str]) -> Path:
    """A study of files, each with the tree that is read of it; its code has the house's style."""
    found = [describe_file(address, tree=tree) for address, tree in described]
    paths = write_study_of_files(name, tmp_path / "studies", found, Access())
    assert {path.parent for path in paths} == {tmp_path / "studies" / name}
    assert {path.name for path in paths} == {path.name for path in (tmp_path / "studies" / name).iterdir()}
    assert all(PLACEHOLDER not in path.read_text() and "CATALOGUES" not in path.read_text() for path in paths)
    config = str(Path(__file__).parents[2] / "pyproject.toml")
    place = str(tmp_path / "studies" / name)
    for style in (["check", "--ignore", "I001,D"], ["format", "--check"]):
        done = subprocess.run(["ruff", style[0], "--config", config, *style[1:], place], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
    return Path(place)


def test_a_study_of_files(tmp_path: Path, files: dict[str, str]):
    text = (written(tmp_path, "offiles", (files["a"], "Events")) / "study.py").read_text()
    assert 's.Column("pt", "float32", ""),' in text
    # what events get themselves has another name, and what is no number is left out, with the reason
    assert 's.Column("identity_", "int64", "", source="identity"),' in text
    assert "# not bad: " in text
    assert "'bad' is nan in event 0" in text
    assert 'WINDOW = Window("pt", 20.0, 80.0)' in text
    assert 's.Dataset("data", "Data", "measured", FILES.files, SCHEMA),' in text


def test_of_no_events_no_mean_is_told(tmp_path: Path, files: dict[str, str]):
    place = written(tmp_path, "few", (files["table"], ""))
    measure = runpy.run_path(str(place / "steps.py"))["measure"]
    window = SimpleNamespace(column="energy")
    events = ak.Array({"energy": [3, 4]})
    (number,) = measure({"data": events, "none": events[:0]}, window)["numbers"]
    assert (number.name, number.value) == ("mean_data", 3.5)


def test_columns_that_need_more_are_told_with_what(tmp_path: Path):
    (tmp_path / "a.csv").write_text("track iso,pt\n,2.5\n0.1,3.5\n")
    place = written(tmp_path, "lacking", (str(tmp_path / "a.csv"), ""))
    assert '# not track iso: say missing=("track_iso",) to read it: ' in (place / "study.py").read_text()
    addresses = [str(tmp_path / name) for name in ("b.parquet", "c.parquet")]
    for address, kind in zip(addresses, ("float32", "float64"), strict=True):
        ak.to_parquet(ak.Array({"pt": np.arange(3.0), "rm": np.arange(3).astype(kind)}), address)
    place = written(tmp_path, "differing", *((address, "") for address in addresses))
    assert "# not rm: column 'rm' is float32 in 1 and float64 in 1 of 2 files" in (place / "study.py").read_text()


def test_a_file_and_its_copy_are_no_study(tmp_path: Path, files: dict[str, str]):
    (tmp_path / "b").mkdir()
    copy = shutil.copy(files["table"], tmp_path / "b" / "table.csv")
    with pytest.raises(StudyError, match=r"table\.csv have the same content: their events would count twice"):
        written(tmp_path, "twice", (files["table"], ""), (str(copy), ""))
    assert not (tmp_path / "studies").exists()


def test_files_that_are_read_otherwise_are_data_sets_of_their_own(tmp_path: Path, files: dict[str, str]):
    place = written(tmp_path, "mixed", (files["a"], "other"), (files["lists"], "Events"), (files["table"], ""))
    names = {"files_csv.yaml", "files_root_other.yaml", "files_root_events.yaml"}
    assert {path.name for path in place.glob("*.yaml")} == names
    text = (place / "study.py").read_text()
    assert 's.Column("lambda_", "int16", "", source="lambda"),' in text
    # of lists, how long they are
    assert 'WINDOW_ROOT_EVENTS = Window("jet", 0.0, 3.0)' in text
    assert 'of={"selected": "selected_root_other"}' in text
    assert 's.Column("time_of_day", "float64", "", source="time of day"),' in text
    assert 's.Dataset("data_csv", "Data", "measured", FILES_CSV.files, SCHEMA_CSV),' in text


def test_files_that_make_no_study(tmp_path: Path, files: dict[str, str]):
    with pytest.raises(StudyError, match="have no column of numbers"):
        written(tmp_path, "flags", (files["flags"], ""))
    with pytest.raises(StudyError, match="cannot be called"):
        written(tmp_path, "Flags", (files["a"], "Events"))
    with pytest.raises(DataError, match="has 2 trees: Events, other"):
        describe_file(files["a"])
    assert not (tmp_path / "studies").exists()


@pytest.mark.long
def test_a_study_of_files_runs_at_once(project: Project, tmp_path: Path, files: dict[str, str]):
    with (project.folder / "law_user.cfg").open("a") as stream:
        stream.write("path: ../studies\n")
    words = ("run", "NewStudy", "--name", "mine", "--files")
    output = project.law(*words, f"{tmp_path}/data/*.root", fails=True)
    assert "1 of 3 files cannot be described" in output
    assert "has 2 trees: Events, other; say which one: --tree NAME" in output
    assert not (tmp_path / "studies").exists()
    assert "files_csv.yaml" in project.law(*words, f"{tmp_path}/data/lists.root,{tmp_path}/data/table.csv")
    project.law("index", "-q")
    assert "nothing is wrong" in project.law("run", "CheckStudy", "--study", "mine")
    assert "made  selected_csv data_csv events_0-2" in project.law("run", "mine.selectedCsv")
    assert "report.html" in project.law("run", "Report", "--study", "mine")
    (results,) = project.store.glob("mine/CollectResults/*/results.json")
    means = {one["name"]: one["value"] for one in json.loads(results.read_text())["numbers"]}
    assert means == {"mean_data_csv": 2.0, "mean_data_root": 1.0}
