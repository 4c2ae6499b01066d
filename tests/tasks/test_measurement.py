"""Shifts, histograms and the measurement in the graph of ``htautau``: what is shared, and what a change makes anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tasks.keys import changed, keys
from tests.tasks.project import Project, copy_project, made, new_project

STUDY = "analysis/studies/htautau/study.py"
MEASURING = "analysis/studies/htautau/measuring.py"
CAMPAIGNS = ("2012BC", "2012B", "2012C")
SIMULATED = {
    *("GluGluToHToTauTau", "VBF_HToTauTau", "DYJetsToLL", "TTbar"),
    *("W1JetsToLNu", "W2JetsToLNu", "W3JetsToLNu"),
}
# from histograms to the page, with the fits of its parts beside it
RESULT = {
    *(f"{task}/{name}" for task in ("MergeHistograms", "BuildWorkspace", "FitMeasurement") for name in CAMPAIGNS),
    *("ValidateModel/2012BC", "stability/2012BC", "PlotMeasurement/2012BC", "CollectResults/2012BC", "Report/2012BC"),
}


@pytest.fixture(scope="module")
def copy(repository: Path, mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the code, nothing run; every test leaves it as it was."""
    base = tmp_path_factory.mktemp("keys")
    copy_project(repository, base / "project", "htautau")
    return Project(base / "project", base / "store", mirror)


@pytest.fixture(scope="module")
def nominal(copy: Project) -> dict[str, str]:
    return keys(copy, "htautau")


def after(copy: Project, file: str, old: str, new: str) -> dict[str, str]:
    undo = copy.replace(file, old, new)
    try:
        return keys(copy, "htautau")
    finally:
        undo()


@pytest.mark.long
def test_a_changed_shift_makes_itself_anew_and_what_follows(copy: Project, nominal: dict[str, str]):
    again = changed(nominal, after(copy, MEASURING, '"tau_energy": 1.03', '"tau_energy": 1.04'))
    families = ("CalibrateEvents", "ReconstructEvents", "PrepareTraining", "ScoreEvents", "FillHistograms")
    assert again == RESULT | {f"{family}/{name}.tau_energy_up" for family in families for name in SIMULATED}


@pytest.mark.long
def test_a_changed_weight_computes_no_event_anew(copy: Project, nominal: dict[str, str]):
    again = changed(nominal, after(copy, MEASURING, '"luminosity", 0.026', '"luminosity", 0.030'))
    assert again == RESULT | {name for name in nominal if name.startswith("FillHistograms/")}


def test_a_changed_style_draws_figures_and_nothing_else(copy: Project, nominal: dict[str, str]):
    again = changed(nominal, after(copy, "analysis/plotting/style.py", '"#3f90da"', '"#3f90db"'))
    assert again == {name for name in nominal if name.startswith("Plot")} | {"Report/2012BC"}
    assert len(again) == 4


@pytest.mark.long
@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("analysis/checking/events.py", "which cannot be kept", "which nobody can keep"),
        ("analysis/wiring.py", "takes a luminosity", "takes the luminosity"),
        ("analysis/stages.py", '"campaign": "MakeResult"', '"campaign": str("MakeResult")'),
    ],
)
def test_a_changed_refusal_makes_nothing_anew(copy: Project, nominal: dict[str, str], file: str, old: str, new: str):
    assert changed(nominal, after(copy, file, old, new)) == set()


def test_a_changed_caption_makes_the_page_alone_anew(copy: Project, nominal: dict[str, str]):
    again = changed(nominal, after(copy, "analysis/studies/htautau/captions.py", "Muon pairs before", "Muons before"))
    assert again == {"Report/2012BC"}


def test_every_series_of_the_graph_is_there_once(nominal: dict[str, str]):
    shifts = ("tau_energy", "muon_momentum", "unclustered_energy")
    kinematic = {f"{name}.{shift}_{way}" for name in SIMULATED for shift in shifts for way in ("up", "down")}
    for family in ("CalibrateEvents", "ReconstructEvents", "FillHistograms"):
        series = {name.partition("/")[2] for name in nominal if name.startswith(f"{family}/")}
        # measured events are never shifted, weights shift no event
        assert series == SIMULATED | kinematic | {"Run2012B", "Run2012C"}
    assert {name for name in nominal if name.startswith("TrainModel/")} == {"TrainModel/dense"}


@pytest.mark.long
def test_a_blind_study_looks_at_asimov_data(copy: Project):
    ask = "from tasks.measurement import FitMeasurement; print(FitMeasurement(study='htautau').chapter.fitted)"
    compared = "from tasks.measurement import ValidateModel; print(ValidateModel(study='htautau').given('')['data'])"
    assert copy.python(compared).strip() == "observed"
    assert copy.python(ask).strip() == "observed"
    undo = copy.replace(STUDY, "measuring.FIT)),", "measuring.FIT), blind=True),")
    try:
        assert copy.python(ask).strip() == "asimov"
        # and compares nothing with the data
        assert copy.python(compared).strip() == "asimov"
        assert copy.python(ask.replace("'htautau'", "'htautau', data='observed'")).strip() == "observed"
    finally:
        undo()


SHORT = """
import json
from tasks.measurement import FitMeasurement
options = [
    {},
    {"network": "dense", "training": {"epochs": "25"}, "data": "observed"},
    {"network": "lorentz", "network_settings": {"hidden": "8"}, "training": {"epochs": "2"}, "data": "asimov"},
    {"set": {"training.network": "lorentz", "training.network.hidden": "8", "training.training.epochs": "2",
             "fit.data": "asimov"}},
    {"network": "lorentz", "network_settings": {"hidden": "8"}, "training": {"epochs": "3"}, "data": "asimov"},
]
tasks = [FitMeasurement(study="htautau", **one) for one in options]
print(json.dumps([(task.place(task.own_series), task.set.get("training.training.epochs", "")) for task in tasks]))
"""


def test_short_forms_say_the_same_as_set(copy: Project):
    usual, same, short, long, other = json.loads(copy.python(SHORT))
    assert same[0] == usual[0]
    assert short == long
    assert len({usual[0], short[0], other[0]}) == 3
    assert [one[1] for one in (usual, same, short, other)] == ["", "25", "2", "3"]


@pytest.mark.long
def test_nominal_records_are_shared(repository: Path, mirror: Path, tmp_path: Path):
    project = new_project(repository, tmp_path, "htautau", mirror)
    shifted = project.law("run", "CalibrateEvents", "--datasets", "TTbar,Run2012B", "--shift", "tau_energy_up")
    places = {path.name.rpartition("-")[0] for path in (project.store / "htautau/CalibrateEvents").iterdir()}
    assert places == {"TTbar.tau_energy_up", "Run2012B"}
    assert made(shifted).count("CalibrateEvents") == 2
    nominal = project.law("run", "CalibrateEvents", "--datasets", "TTbar,Run2012B")
    assert made(nominal) == ["CalibrateEvents"]
    # all shifts at once: what is there is not made again
    every = project.law("run", "CalibrateEvents", "--datasets", "TTbar,Run2012B", "--shift", "all")
    assert made(every) == ["CalibrateEvents"] * 5
    # what is uncertain in weights changes no event
    words = ("run", "CalibrateEvents", "--datasets", "TTbar,Run2012B", "--shift", "luminosity_up")
    assert "no shift of the study 'htautau' is called 'luminosity_up'" in project.law(*words, fails=True)


def test_an_unknown_shift_names_the_known_ones(copy: Project):
    copy.law("index", "-q")
    output = copy.law("run", "CalibrateEvents", "--shift", "tau_energy", fails=True)
    assert "no shift of the study 'htautau' is called 'tau_energy'" in output
    assert "tau_energy_up" in output
    assert "Traceback" not in output


@pytest.mark.long
def test_histograms_need_variables(copy: Project):
    copy.law("index", "-q")
    output = copy.law("run", "MergeHistograms", "--study", "airshower", fails=True)
    assert "the study 'airshower' has no stage that MergeHistograms makes" in output
    assert "Traceback" not in output
    undo = copy.replace(STUDY, "variables=measuring.VARIABLES", "variables=()")
    try:
        output = copy.law("run", "MergeHistograms", fails=True)
    finally:
        undo()
    assert "the stage 'histograms' declares no variables" in output
    assert "Traceback" not in output
