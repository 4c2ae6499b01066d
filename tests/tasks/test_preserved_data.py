"""Files of one's own in a capsule: beside the study, and elsewhere on a machine that nobody else has."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uproot
import yaml

from analysis.errors import DataError, StudyError
from analysis.preservation import archive, sources
from analysis.preservation.sources import MOST_BYTES as MOST_OF_ONES_OWN
from analysis.provenance.keys import KeyParts
from analysis.provenance.local_store import LocalStore
from analysis.provenance.records import Record
from analysis.study import Column, Dataset, Result, Schema, SourceFile, Step, Study
from tasks.preserved_data import MOST_BYTES, PreservedData, check_amount, lacking, preserved_data, publishable
from tests.tasks.conftest import copy_publishable
from tests.tasks.project import Project, made, new_project

STUDY = '''
"""Means of numbers from three files."""

from analysis.study import Column, Dataset, Events, Friend, Result, Schema, SourceFile, Step, Study, beside, catalogue

BEAM = SourceFile("beam.csv", beside("beam.csv"), sha256="BEAM", size=BEAM_SIZE, events=50)
FILES = catalogue("files.yaml")

study = Study(
    "mixed",
    title="Means of numbers from files",
    measures="Means of numbers.",
    datasets=(
        Dataset("beam", "Beam", "measured", (BEAM,), Schema("", (Column("x", "float64"),))),
        Dataset(
            "run",
            "Run",
            "measured",
            FILES.matching("*.root"),
            Schema("Events", (Column("x", "float64"),)),
            friends=(Friend(Schema("", (Column("t", "float64"),)), FILES.matching("times.*")),),
            in_place=True,
        ),
    ),
    chunk_events=600,
    stages=(Events("all", Step("mixed.steps:take")), Result("mean", Step("mixed.steps:mean"))),
)
'''
STEPS = """
import awkward as ak
import numpy as np

from analysis.results import Number


def take(raw):
    value = raw.x + raw.t if "t" in raw.fields else raw.x
    return ak.Array({"identity": raw.identity, "value": value})


def mean(all):
    return {
        "numbers": [
            Number(f"mean_{name}", name, float(np.mean(events.value)), stat=None, syst=None, unit="", method="mean")
            for name, events in all.items()
        ]
    }
"""


def columns(path: Path, name: str, values: np.ndarray) -> None:
    path.write_text("\n".join([name, *map(repr, values.tolist())]) + "\n")


def identity(path: Path) -> dict[str, Any]:
    return {"size": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def adler32(path: Path) -> str:
    return f"adler32:{zlib.adler32(path.read_bytes()):08x}"


@pytest.fixture
def project(repository: Path, tmp_path: Path) -> Project:
    """A project with a study that reads a file beside it, and two of the machine, one of them by a checksum."""
    package, machine = tmp_path / "studies" / "mixed", tmp_path / "machine"
    package.mkdir(parents=True)
    machine.mkdir()
    random = np.random.default_rng(1)
    columns(package / "beam.csv", "x", random.random(50))
    columns(machine / "times.csv", "t", random.random(1000))
    with uproot.recreate(machine / "run.root") as content:
        content.mktree("Events", {"x": "float64"}).extend({"x": random.random(1000)})
    times = machine / "times.csv"
    # with the folder of the machine, as DescribeFiles writes it
    described = [
        {"name": "run.root", "events": 1000, **identity(machine / "run.root")},
        {"name": "times.csv", "events": 1000, "checksum": adler32(times), "size": times.stat().st_size},
    ]
    content = {"format": 1, "folder": str(machine), "files": described}
    (package / "files.yaml").write_text(yaml.safe_dump(content))
    beam = identity(package / "beam.csv")
    text = STUDY.lstrip().replace("BEAM_SIZE", str(beam["size"])).replace('"BEAM"', repr(beam["sha256"]))
    (package / "study.py").write_text(text)
    (package / "steps.py").write_text(STEPS.lstrip())
    project = new_project(repository, tmp_path, "airshower", None)
    copy_publishable(repository, project)
    (project.folder / "law_user.cfg").write_text(f"[studies]\ndefault: mixed\npath: {package.parent}\n")
    return project


def preserved(project: Project, *options: str) -> tuple[Path, str]:
    """The study's capsule, and what was said; what it was made of is gone."""
    said = project.law("run", "PreserveStudy", *options)
    (file,) = project.store.glob("mixed/PreserveStudy/*/mixed.capsule.zip")
    capsule = Path(shutil.copy(file, project.folder.parent))
    return capsule, said


@pytest.mark.long
def test_files_of_a_machine_are_run_again_by_a_stranger_with_the_same_bits(project: Project, tmp_path: Path) -> None:
    capsule, said = preserved(project)
    assert "WARNING" not in said
    assert "into the capsule: 2 files of" in said
    with zipfile.ZipFile(capsule) as opened:
        contents = {name: opened.read(name) for name in opened.namelist()}
    # nothing says where the files were, and no file is there twice
    assert [name for name, content in contents.items() if str(tmp_path).encode() in content] == []
    assert {name for name in contents if name.startswith("data/")} == {"data/run.root", "data/times.csv"}
    assert "source/more/mixed/beam.csv" in contents
    inputs = {one["name"]: one for one in json.loads(contents["inputs.json"])["inputs"]}
    assert {name: one["address"] for name, one in inputs.items()} == {
        "beam.csv": "source/more/mixed/beam.csv",
        "run.root": "data/run.root",
        "times.csv": "data/times.csv",
    }
    assert [bool(inputs[name]["sha256"]) for name in inputs] == [name != "times.csv" for name in inputs]
    page = contents["results/report.html"].decode()
    assert "beam.csv of the authors" in page
    assert "run.root and 1 more, of the authors, read in place" in page

    # every record that read a file came from it, whether it was copied or not
    document = json.loads(contents["provenance.json"])
    titles = {name: one["prov:location"] for name, one in document["entity"].items() if name.startswith("input:")}
    origins: dict[str, set[str]] = {}
    for one in document["wasDerivedFrom"].values():
        if (source := one["prov:usedEntity"]) in titles:
            origins.setdefault(one["prov:generatedEntity"].split("-")[0], set()).add(titles[source])
    assert origins == {
        "record:mixed/FetchData/beam": {"source/more/mixed/beam.csv"},
        "record:mixed/all/run": {"data/run.root", "data/times.csv"},
    }
    assert list(project.store.glob("mixed/FetchData/beam-*/beam.csv"))
    assert "verified  8 records of mixed" in project.law("run", "VerifyRecords")

    for folder in (tmp_path / "studies", tmp_path / "machine", project.folder, project.store):
        shutil.rmtree(folder)
    home = tmp_path / "stranger"
    home.mkdir()
    kept = {
        name: value for name, value in project.environment().items() if not name.startswith(("ERUM", "LAW", "PYTH"))
    }
    done = subprocess.run([sys.executable, str(capsule)], cwd=home, env=kept, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    verdict = json.loads((home / "mixed-rerun" / "verdict.json").read_text())
    assert verdict["bit_for_bit"]
    assert {row["quantity"] for row in verdict["rows"]} == {"mean_beam", "mean_run"}
    assert "all" in made(done.stderr)


SCHEMA = Schema("", (Column("x", "float64"),))


def study_of(*files: SourceFile) -> Study:
    return Study("own", title="Own", datasets=(Dataset("data", "Data", "measured", files, SCHEMA, in_place=True),))


def collected(study: Study, workspace: Path, *, all_of_it: bool = False, **more: Any) -> PreservedData:
    found = {"lying": {}, "manifests": [], "needed": True, **more}
    return preserved_data(study, "", workspace=workspace, all_of_it=all_of_it, **found)


def test_large_files_of_a_machine_are_told_to_be_given(tmp_path: Path) -> None:
    large = SourceFile("large.csv", str(tmp_path / "large.csv"), sha256="0" * 64, size=MOST_OF_ONES_OWN, events=1)
    small = SourceFile("small.csv", str(tmp_path / "small.csv"), sha256="1" * 64, size=1000, events=1)
    found = collected(study_of(large, small), tmp_path)
    assert found.members == {}
    assert [one.address for one in found.inputs] == ["", ""]
    assert found.private[str(tmp_path / "large.csv")] == "large.csv"
    inputs = {"format": 1, "inputs": [sources.described(one) for one in found.inputs]}
    archive.write(tmp_path / "own.capsule.zip", {"inputs.json": json.dumps(inputs).encode()})
    ((kind, text),) = lacking(tmp_path / "own.capsule.zip")
    assert kind == "WARNING"
    assert "has to be given large.csv (200.0 MB), small.csv (1.0 kB), in a folder for --mirror" in text
    # a rerun that begins with records does not need them
    assert collected(study_of(small), tmp_path, needed=False).members == {}


def test_all_files_come_along_if_they_are_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "copies" / "grid").mkdir(parents=True)
    (tmp_path / "copies" / "grid" / "far.csv").write_text("x\n1.5\n")
    (tmp_path / "near.csv").write_text("x\n2.5\n")
    near = SourceFile("near.csv", str(tmp_path / "near.csv"), size=6, events=1, checksum=adler32(tmp_path / "near.csv"))
    digest = hashlib.sha256(b"x\n1.5\n").hexdigest()
    far = SourceFile("far.csv", "root://nowhere.invalid//far.csv", digest, 6, 1, mirror="grid/far.csv")
    monkeypatch.setenv("ERUMFLOW_MIRROR", str(tmp_path / "copies"))
    found = collected(study_of(near, far), tmp_path / "work", all_of_it=True)
    assert {name: path.read_text() for name, path in found.members.items()} == {
        "data/near.csv": "x\n2.5\n",
        "data/grid/far.csv": "x\n1.5\n",
    }
    assert {one.name: one.address for one in found.inputs} == {
        "near.csv": "data/near.csv",
        "far.csv": "root://nowhere.invalid//far.csv",
    }
    # not what is on a server, unless it is asked for
    assert list(collected(study_of(near, far), tmp_path / "work").members) == ["data/near.csv"]
    # a changed file is no input of the results
    (tmp_path / "near.csv").write_text("x\n3.5\n")
    with pytest.raises(DataError, match=r"not the file 'near\.csv'"):
        collected(study_of(near), tmp_path / "again")


def test_a_copy_in_the_store_is_taken(store: Path, tmp_path: Path) -> None:
    far = SourceFile("far.csv", "root://nowhere.invalid//far.csv", size=6, events=1, checksum="adler32:0a1b2c3d")
    parts = KeyParts("FetchData")
    record = Record(LocalStore(store), f"own/FetchData/data-{parts.key()}", "far", ("csv",))
    with record.writing(lambda: None) as draft:
        assert draft is not None
        draft.parts = parts
        draft.path("csv").write_text("x\n1.5\n")
        draft.sources = [far.content]
    found = collected(study_of(far), tmp_path / "work", all_of_it=True, manifests=[record.manifest()])
    assert found.members == {"data/far.csv": record.path("csv")}
    assert found.members["data/far.csv"].read_text() == "x\n1.5\n"


def test_files_beside_the_study_travel_with_it_unless_only_their_time_is_known(tmp_path: Path) -> None:
    path = tmp_path / "beside.csv"
    path.write_text("x\n2.5\n")
    known = SourceFile("beside.csv", f"file://{path}", hashlib.sha256(path.read_bytes()).hexdigest(), 6, 1)
    lying = {path: "source/more/own/beside.csv"}
    found = collected(study_of(known), tmp_path / "work", lying=lying, all_of_it=True)
    assert (found.members, [one.address for one in found.inputs]) == ({}, ["source/more/own/beside.csv"])
    timed = replace(known, sha256="", checksum=f"modified:{path.stat().st_mtime:.0f}")
    found = collected(study_of(timed), tmp_path / "work", lying=lying)
    assert (list(found.members), [one.address for one in found.inputs]) == (["data/beside.csv"], ["data/beside.csv"])
    path.write_text("x\n3.5\n")
    with pytest.raises(DataError, match=r"'beside\.csv' is not what the catalogue says"):
        collected(study_of(known), tmp_path / "work", lying=lying)


def test_too_much_for_a_capsule_is_refused_with_its_size() -> None:
    large = SourceFile("large.root", "root://x.org//large.root", size=2 * MOST_BYTES, events=1, checksum="adler32:0a")
    with pytest.raises(StudyError, match=r"up to 10 GB of events, and the study reads 1 file of 20\.0 GB"):
        check_amount(study_of(large), "")
    check_amount(study_of(replace(large, size=MOST_BYTES)), "")


def test_code_that_names_a_folder_of_the_machine_is_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = {"more/own/study.py": b"FILE = '/lab/me/run.csv'", "more/own/steps.py": b"", "law.cfg": b"[a]\nb: run.csv"}
    private = {"/lab/me/run.csv": "run.csv", "run.csv": "run.csv"}
    assert publishable(Study("own", title="Own"), names, {}, private) == names
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("WARNING  the capsule's source/more/own/study.py names a place of this machine")


def test_a_catalogue_that_a_step_declares_stays_as_it_is(tmp_path: Path) -> None:
    text = b"{format: 1, folder: /lab/me, files: [{name: a.root, events: 1}]}"
    lying = {f"more/own/{name}.yaml": tmp_path / f"{name}.yaml" for name in ("events", "declared")}
    for path in lying.values():
        path.write_bytes(text)
    files = {"table": str(tmp_path / "declared.yaml")}
    stage = Result("mean", Step("tests.tasks.test_preserved_data:mean", files=files))
    study = Study("own", title="Own", stages=(stage,))
    found = publishable(study, dict.fromkeys((*lying, "files/other.yaml"), text), lying, ())
    assert [content == text for content in found.values()] == [False, True, True]


def mean(files: dict[str, Path]) -> dict[str, list[Any]]:
    return {"numbers": []}
