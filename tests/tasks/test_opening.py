"""Records read from Python: what each kind is, what is told where none is, and that nothing is written."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import ErumflowError, RecordError, StudyError
from tasks import open_study
from tests.tasks.conftest import copied, made_once
from tests.tasks.project import QUICK, SMALL, Project, new_project
from tests.test_project import HEAVY

TOY = Path(__file__).parent / "toy"
PAGE = Path(__file__).parents[2] / "docs" / "python.md"
# of the table of records: of the study airshower what htautau has not
EXAMPLES = re.findall(r"^\| [^|`]+ \| `([^`]+)` \|", PAGE.read_text(), re.MULTILINE)
OF_AIRSHOWER = [one for one in EXAMPLES if "proton" in one or "publications" in one]
OF_HTAUTAU = [one for one in EXAMPLES if one not in OF_AIRSHOWER]


@pytest.fixture(scope="session")
def toys(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with a small study after ``law run toy.summary``; not to be changed."""

    def make(folder: Path) -> None:
        project = new_project(repository, folder, "airshower", None)
        for file in TOY.glob("toy_*.py"):
            shutil.copy(file, project.folder)
        (project.folder / "law_user.cfg").write_text("[studies]\ndefault: toy\nmodules: toy_study\n")
        project.replace("toy_study.py", '"A toy"', '"A <b>toy</b> with $E_1$"')
        project.law("run", "toy.summary")

    folder = made_once("opened_toys", make, tmp_path_factory)
    return Project(folder / "project", folder / "store", None)


@pytest.fixture
def toy(toys: Project, tmp_path: Path) -> Project:
    """A copy of code and store of :func:`toys`, to be changed."""
    return copied(toys, tmp_path)


@pytest.fixture
def empty(store: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The study htautau with an empty store."""
    monkeypatch.setenv("LAW_CONFIG_FILE", str(repository / "law.cfg"))
    return open_study("htautau")


def found(project: Project, code: str) -> Any:
    """What some code that prints JSON says of the opened study ``toy``."""
    before = _files(project.store)
    told = project.python(f"import json\nfrom tasks import open_study\nstudy = open_study()\n{code}")
    assert _files(project.store) == before
    return json.loads(told)


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    state = {str(path.relative_to(folder)): path.stat() for path in folder.rglob("*")}
    return {name: (one.st_size, one.st_mtime_ns) for name, one in state.items()}


# what is there


@pytest.mark.long
def test_events_are_those_of_all_chunks(toys: Project):
    code = """
cleaned = study.events("cleaned", "signal")
whole = study["cleaned"]
print(json.dumps({
    "fields": cleaned.fields,
    "events": len(cleaned),
    "by name": {name: len(one) for name, one in whole.items()},
    "same": whole["signal"].to_list() == cleaned.to_list(),
    "ranked": study.events("MakeDatasets", "signal").fields,
    "some": study.events("cleaned", "signal", fields=["pulse"]).fields,
    "identities": all(
        cleaned.identity.to_list() == study.events(name, "signal").identity.to_list()
        for name in ("raw", "truth", "GenerateEvents", "SimulateData")
    ),
    "truth": study.events("truth", "signal").fields,
    "raw": study.events("raw", "signal", fields=("pulse",)).fields,
    "folds": [one["fold"] for one in study["thirds"]],
    "files": sorted(study.files("cleaned", "signal")),
    "all files": {name: len(one) for name, one in study.files("cleaned").items()},
}))
"""
    assert found(toys, code) == {
        "fields": ["identity", "pulse"],
        "events": 300,
        "by name": dict.fromkeys(("signal", "background", "run", "rerun"), 300),
        "same": True,
        "ranked": ["identity", "pulse", "rank"],
        "some": ["pulse"],
        "identities": True,
        "truth": ["identity", "energy"],
        "raw": ["pulse"],
        "folds": [0, 1, 2],
        "files": ["events_0-100.parquet", "events_100-200.parquet", "events_200-300.parquet"],
        "all files": dict.fromkeys(("signal", "background", "run", "rerun"), 3),
    }


def test_the_study_tells_what_is_there(toys: Project):
    code = """
print(json.dumps([repr(study), study._repr_html_(), study._ipython_key_completions_(), repr(study["summary"]),
                  study["summary"]._repr_html_()]))
"""
    text, html, names, summary, table = found(toys, code)
    lines = {line.split()[0]: line.split(maxsplit=2)[1:] for line in text.splitlines()}
    assert text.startswith("study toy, campaign both: A <b>toy</b> with E_1\n")
    assert lines["raw"] == ["SimulateData", "made (12 records)"]
    assert lines["cleaned"] == ["MakeEvents", "made (12 records)"]
    assert lines["summary"] == ["MakeResult", "made"]
    assert lines["low_fit"] == ["FitMeasurement", "not made"]
    assert "A &lt;b&gt;toy&lt;/b&gt; with <i>E</i><sub>1</sub>" in html
    assert "<tr><td>cleaned</td><td>MakeEvents</td><td>chunk</td><td>made (12 records)</td></tr>" in html
    assert names[:2] == ["cleaned", "selected"]
    assert summary.splitlines()[0].startswith("mean pulse: ")
    assert summary.splitlines()[1].startswith("mean_pulse = ")
    assert "<td>mean pulse</td>" in table


@pytest.mark.long
def test_the_command_that_is_told_makes_what_is_missing(toy: Project):
    code = """
from analysis.errors import RecordError
told = []
for study, *words in ((study, "selected", "run"), (study, "selected"), (study, "yields"),
                      (open_study(campaign="one", set={"cleaned.scale": 1.5}), "yields"),
                      (study, "FillHistograms", "signal"), (study, "cleaned", "signal", "gain_up")):
    try:
        study.value(*words[:2], shift="".join(words[2:]))
        told.append(["", ""])
    except RecordError as error:
        told.append([error.problem, error.cure])
print(json.dumps(told))
"""
    told = found(toy, code)
    assert told[0] == ["the stage 'selected' of run is not made yet", "law run toy.selected --datasets run"]
    assert told[1] == ["the stage 'selected' is not made yet", "law run toy.selected"]
    assert told[2] == ["the stage 'yields' is not made yet", "law run toy.yields"]
    assert told[3][1] == "law run toy.yields --campaign one --set cleaned.scale=1.5"
    assert told[4][1] == "law run FillHistograms --study toy --datasets signal"
    assert told[5][1] == "law run toy.cleaned --shift gain_up --datasets signal"
    for _, command in (told[0], told[3], told[5]):
        toy.law(*command.split()[1:])
    again = found(toy, code)
    assert [bool(problem) for problem, _ in again] == [False, True, True, False, True, False]
    # of those with the other setting, only some are there
    problem, _, why = again[1][0].rpartition("; ")
    assert problem == "the stage 'selected' of signal, background, rerun is not made yet; it is of run"
    # the first change upstream, not what followed from it
    assert why.endswith("UTC differs in cleaned: setting scale: 1.5 -> 1.0")
    assert again[1][1] == "law run toy.selected --datasets signal,background,rerun"
    # the other campaign's has another name
    assert again[2] == told[2]


@pytest.mark.long
def test_what_was_made_otherwise_is_told(toy: Project):
    (one,) = toy.store.glob("toy/cleaned/signal-*")
    (one / "events_0-100.manifest.json").unlink()
    code = """
from analysis.errors import RecordError
told = []
for study in (study, open_study(set="cleaned.scale=2.0")):
    try:
        study.events("cleaned", "signal")
    except RecordError as error:
        told.append(error.problem)
print(json.dumps(told))
"""
    part, other = found(toy, code)
    assert part == "the stage 'cleaned' of signal is not made yet (2 of 3 records are there)"
    assert other.startswith("the stage 'cleaned' of signal is not made yet; the one of 20")
    assert other.endswith("differs in cleaned: setting scale: 1.0 -> 2.0")


@pytest.mark.long
def test_a_damaged_record_stays_where_it_is_and_is_told(toy: Project):
    (file,) = toy.store.glob("toy/cleaned/signal-*/events_0-100.parquet")
    file.write_bytes(file.read_bytes()[:-10])
    code = """
from analysis.errors import RecordError
try:
    study.events("cleaned", "signal")
except RecordError as error:
    print(json.dumps([error.problem, error.cure]))
"""
    problem, cure = found(toy, code)
    assert "is damaged: events_0-100.parquet has" in problem
    assert cure.startswith("law run VerifyRecords --study toy sets it aside")
    assert cure.endswith("law run toy.cleaned --datasets signal")


@pytest.mark.long
def test_code_that_was_edited_meanwhile_is_told(toy: Project):
    code = """
from pathlib import Path
from analysis.errors import StudyError
study.events("cleaned", "signal")
file = Path("toy_physics.py")
file.write_text(file.read_text() + "\\n# a comment\\nUNRELATED = 1\\n")
told = [len(study.events("cleaned", "signal"))]
file.write_text(file.read_text() + "\\nimport numpy\\nnumpy.seterr(all='raise')\\n")
try:
    study.events("cleaned", "signal")
except StudyError as error:
    told += [error.problem, error.cure]
print(json.dumps(told))
"""
    events, problem, cure = found(toy, code)
    assert events == 300
    assert problem.startswith("toy_physics was edited since this process read it")
    assert "restart the kernel" in cure


@pytest.mark.long
def test_a_store_on_a_server_is_read_alike(toys: Project, tmp_path: Path):
    shutil.copytree(toys.store, tmp_path / "server")
    with (toys.folder / "law_user.cfg").open() as stream:
        text = stream.read()
    project = copied(toys, tmp_path)
    (project.folder / "law_user.cfg").write_text(f"{text}[store]\ncache: {tmp_path}/cache\n")
    project.variables["ERUMFLOW_STORE"] = f"file://{tmp_path}/server"
    code = 'print(json.dumps([len(study.events("cleaned", "signal")), study["summary"]["headline"]]))'
    assert found(project, code) == found(toys, code)
    assert _files(tmp_path / "server") == _files(toys.store)


# what is not there


@pytest.mark.parametrize(
    ("words", "options", "command"),
    [
        (("ReconstructEvents", "TTbar"), {}, "law run ReconstructEvents --study htautau --datasets TTbar"),
        (
            ("reconstructed", "TTbar"),
            {"shift": "tau_energy_up"},
            "law run ReconstructEvents --study htautau --shift tau_energy_up --datasets TTbar",
        ),
        (("raw", "TTbar"), {}, "law run FetchData --study htautau --datasets TTbar"),
        (("calibration",), {}, "law run DeriveCalibration --study htautau"),
        (("training",), {}, "law run TrainModel --study htautau"),
        (("fit",), {}, "law run FitMeasurement --study htautau"),
        (("trainingFigures",), {}, "law run PlotTraining --study htautau"),
        (("Report",), {}, "law run Report --study htautau"),
        (("TuneModel",), {}, "law run TuneModel --study htautau"),
        (("RunTrials",), {"round": 1}, "law run RunTrials --study htautau --round 1"),
    ],
)
def test_what_is_not_made_says_what_makes_it(empty: Any, words: tuple[str, ...], options: Any, command: str):
    with pytest.raises(RecordError, match="is not made yet") as caught:
        empty.value(*words, **options)
    assert caught.value.cure == command


def test_options_of_the_command_are_those_of_the_study(empty: Any):
    short = open_study("htautau", campaign="2012B", training={"epochs": 3}, network_settings={"hidden": (8, 4)})
    long = open_study("htautau", campaign="2012B", set="training.training.epochs=3,training.network.hidden=8,4")
    commands = set()
    for study in (short, long):
        with pytest.raises(RecordError) as caught:
            study.value("fit")
        commands.add(caught.value.cure)
    assert commands == {
        "law run FitMeasurement --study htautau --campaign 2012B "
        "--set training.network.hidden=8,4,training.training.epochs=3"
    }
    assert repr(short).startswith("study htautau, campaign 2012B, training.network.hidden=8,4, training.")
    assert "1 of" not in repr(short)
    assert open_study("htautau", data="asimov").definition.stage("fit").fitted == "asimov"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "htauta"}, "no study is called 'htauta'; did you mean 'htautau'"),
        ({"name": "htautau", "campaign": "2012A"}, "the campaign '2012A', which does not exist; did you mean '2012C'"),
        ({"name": "airshower", "statistics": "larg"}, "'larg', which does not exist; did you mean 'large'"),
        ({"name": "htautau", "sets": "a.b=1"}, "the option 'sets', which does not exist; did you mean 'set'"),
        ({"name": "htautau", "set": "fit.dat=1"}, "has no setting 'dat'"),
        ({"name": "htautau", "data": "observe"}, "did you mean 'observed'"),
        ({"name": "htautau", "network": "dens"}, "'dens'"),
    ],
)
def test_studies_and_options_that_are_not_there(empty: Any, options: dict[str, str], message: str):
    with pytest.raises(StudyError) as caught:
        open_study(**options)
    assert message in caught.value.problem
    assert caught.value.cure


@pytest.mark.parametrize(
    ("words", "options", "message"),
    [
        (("recontructed", "TTbar"), {}, "has no stage 'recontructed'; did you mean 'reconstructed'"),
        (("reconstructed", "TTbr"), {}, "'TTbr', which does not exist; did you mean 'TTbar'"),
        (("reconstructed", "TTbar"), {"shift": "tau_energy"}, "did you mean 'tau_energy_up'"),
        (("reconstructed", "DoubleMuParked"), {}, "is made of none of the data sets DoubleMuParked"),
        (("truth",), {}, "no data set of the study 'htautau' has 'truth'"),
        (("fit", "TTbar"), {}, "'fit' is made once, not by data set"),
        (("training",), {"shift": "tau_energy_up"}, "'training' is not made by shift"),
        (("MakeEvents",), {}, "has no stage 'MakeEvents'"),
        (("RunTrials",), {"rounds": 2}, "the parameter 'rounds', which does not exist; did you mean 'round'"),
    ],
)
def test_names_that_are_not_there(empty: Any, words: tuple[str, ...], options: dict[str, str], message: str):
    with pytest.raises(StudyError) as caught:
        empty.value(*words, **options)
    assert message in caught.value.problem


def test_events_are_asked_of_what_holds_events(empty: Any):
    for name in ("inputs", "FetchData"):
        with pytest.raises(StudyError, match=f"'{name}' holds no events") as caught:
            empty.events(name, "TTbar")
        assert "events are in: raw, truth, calibrated, reconstructed" in caught.value.cure
    with pytest.raises(StudyError, match="'fit' holds no events"):
        empty.value("fit", fields=["mu"])
    with pytest.raises(ErumflowError, match="'workspaces'"):
        empty.histogram("workspaces", "m_vis")


def test_opening_makes_no_store(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LAW_CONFIG_FILE", str(repository / "law.cfg"))
    monkeypatch.setenv("ERUMFLOW_STORE", str(tmp_path / "none"))
    text = repr(open_study("htautau"))
    assert text.splitlines()[1].split(maxsplit=2) == ["raw", "FetchData", "not made"]
    assert list(tmp_path.iterdir()) == []


# the process


def alone(code: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run code in a Python process whose shell knows nothing of the project."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ERUMFLOW_", "LAW_", "LUIGI_", "PYTHON"))}
    words = [sys.executable, "-c", code]
    return subprocess.run(words, cwd=folder, env=kept | variables, capture_output=True, text=True)


def test_a_process_without_setup_opens_a_study_and_loads_nothing_heavy(repository: Path, tmp_path: Path):
    code = f"""
import sys
from tasks import open_study
assert "law" not in sys.modules
study = open_study("htautau")
print(len(repr(study).splitlines()), len(study.records()), len(study._repr_html_()) > 1000)
print(*sorted({set(HEAVY) | {"numpy", "IPython"}!r} & set(sys.modules)))
"""
    done = alone(code, tmp_path, PYTHONPATH=str(repository), HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stdout == "20 19 True\n\n"
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("first", "message"),
    [
        ("import law; law.config.Config.instance()", "it has no section [studies]"),
        ("import sys; sys.modules['law'] = None", "this Python has no law"),
    ],
)
def test_a_process_that_is_not_ready_is_told(repository: Path, tmp_path: Path, first: str, message: str):
    done = alone(f"{first}\nfrom tasks import open_study\nopen_study()", tmp_path, PYTHONPATH=str(repository))
    assert done.returncode == 1
    assert message in done.stderr
    assert "source setup.sh" in done.stderr.splitlines()[-1]


# every kind of record of the two studies

KINDS = """
import json, sys
import numpy as np
import pyhf
from pathlib import Path
from tasks import open_study
study = open_study(NAME, training=TRAINING, network_settings="hidden=8", **OPTIONS)
values = {stage.name: study[stage.name] for stage in study.definition.stages}

def kind(value):
    while type(value) is dict and "channels" not in value:
        value = next(iter(value.values()))
    return type(value).__name__

def events(value):
    return {name: len(one) for name, one in value.items()}

def flat(found):
    return [path for one in found.values() for path in (flat(one) if isinstance(one, dict) else [one])]

names = study.definition.dataset_names((), study.definition.campaigns[0].name if study.definition.campaigns else "")
first = names[0]
networks, inputs, scores = values["training"], values["inputs"][first], values["scores"][first]
print(json.dumps({
    "kinds": {name: kind(value) for name, value in values.items()},
    "events": len(study.events("ReconstructEvents", first)) == len(study.events("reconstructed", first)),
    "raw": len(study.events("raw", first)),
    "networks": bool(np.array_equal(networks.predictions(inputs), scores.predictions)),
    "numbers": sorted(study["CollectResults"].numbers),
    "own": sorted({name for value in values.values() for name in getattr(value, "numbers", ())}),
    "html": {name: len(value._repr_html_()) for name, value in values.items() if hasattr(value, "_repr_html_")},
    "figures": [one._repr_png_()[:4] == b"\\x89PNG" and one.pdf.read_bytes()[:4] == b"%PDF"
                for value in values.values() if kind(value) == "Figure" for one in value.values()],
    "files": {
        family: sorted(str(path.exists()) for path in flat(study.files(family, **more)))
        for family in sorted(one.name for one in (Path(STORE) / study.definition.name).iterdir())
        for more in [PRESERVED if family == "PreserveStudy" else {}]
    },
    "examples": {one: type(eval(one)).__name__ for one in EXAMPLES},
    "left": [one.name for one in study.records() if one.words[:4] != "made"],
    **EXTRA,
}))
"""


def kinds(project: Project, name: str, extra: str, **more: Any) -> Any:
    code = KINDS
    for word, value in {"STORE": str(project.store), "NAME": name, **more}.items():
        code = code.replace(word, repr(value))
    before = _files(project.store)
    told = json.loads(project.python(code.replace("EXTRA", extra)))
    assert _files(project.store) == before
    assert told["events"] is told["networks"] is True
    assert told["left"] == []
    assert all(told["figures"])
    assert set(told["own"]) <= set(told["numbers"])
    assert told["numbers"]
    assert set(told["files"]) > {"TrainModel", "Report", "ExportModel", "PreserveStudy", "CollectResults"}
    assert all(states and set(states) == {"True"} for states in told["files"].values())
    return told


@pytest.mark.long
def test_every_kind_of_record_of_htautau(collisions: Project):
    extra = """{
        "histogram": float(study.histogram("FillHistograms", "m_vis", "tt", "signal", dataset="TTbar").sum().value) > 0,
        "axes": [axis.name for axis in study.histogram("MergeHistograms", "m_vis", region="signal").axes],
        "samples": pyhf.Workspace(study["workspaces"]["m_vis"]).samples[:1],
        "shifted": len(study.events("CalibrateEvents", "TTbar", shift="tau_energy_up")),
        "muons": len(study.events("raw", "DoubleMuParked")),
        "correction": study["calibration"]["muon_scale"].name,
    }"""
    preserved = {"with_data": True}
    told = kinds(collisions, "htautau", extra, TRAINING=QUICK[1], OPTIONS={}, PRESERVED=preserved, EXAMPLES=OF_HTAUTAU)
    assert told["kinds"] == {
        **dict.fromkeys(("calibration", "pileup"), "ShownCalibration"),
        **dict.fromkeys(("calibrated", "reconstructed"), "Array"),
        "inputs": "TrainingInputs",
        "training": "Trained",
        "scores": "Scores",
        **dict.fromkeys(("performance", "validation", "fit", "stability"), "Results"),
        "histograms": "Histograms",
        "workspaces": "dict",
        **dict.fromkeys(("measurement_figures", "training_figures", "calibration_figures"), "Figures"),
    }
    assert list(told["examples"].values()) == [
        *("Array", "Array", "Correction", "TrainingInputs", "Trained", "ndarray", "Hist", "Hist", "Workspace"),
        *("Results", "dict", "Figure", "PosixPath"),
    ]
    assert told["histogram"] is True
    assert told["axes"] == ["process", "m_vis"]
    assert told["samples"]
    assert told["shifted"] == 3783
    assert told["muons"] == 100_000
    assert told["correction"] == "muon_scale"


@pytest.mark.long
def test_every_kind_of_record_of_airshower(author: Project):
    assert SMALL[-1] == "small"
    extra = '{"truth": study.events("truth", "proton").fields, "published": list(study["publications"])}'
    options = {"statistics": "small"}
    told = kinds(author, "airshower", extra, TRAINING=SMALL[1], OPTIONS=options, PRESERVED={}, EXAMPLES=OF_AIRSHOWER)
    assert told["kinds"] == {
        **dict.fromkeys(("calibration", "scale", "depth_scale"), "ShownCalibration"),
        **dict.fromkeys(("calibrated", "fitted", "reconstructed"), "Array"),
        **dict.fromkeys(("resolution", "performance", "fit", "systematics", "observatory", "closure"), "Results"),
        **dict.fromkeys(("response", "coverage"), "Results"),
        "inputs": "TrainingInputs",
        "training": "Trained",
        "scores": "Scores",
        "publications": "PosixPath",
        "workspaces": "dict",
        **dict.fromkeys(("measurement_figures", "publication_figures", "training_figures"), "Figures"),
        **dict.fromkeys(("reconstruction_figures", "calibration_figures", "observatory_figures"), "Figures"),
    }
    assert list(told["examples"].values()) == ["Array", "dict"]
    assert "xmax" in told["truth"]
    assert "xmax2017" in told["published"]
