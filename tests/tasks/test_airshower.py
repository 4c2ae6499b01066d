"""The default study through the graph: simulated, calibrated, fitted, scaled, reconstructed, trained, drawn."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet
import pytest

from tests.analysis.report.browser import check_page, open_browser
from tests.tasks.project import Project, complete_records_are_whole, copy_project, made, newest

# the default study takes its time, even with few events
pytestmark = pytest.mark.long

# a tenth of the events
FEW = ("--statistics", "small")

PLACES = """
import json, sys
from tasks.data import GenerateEvents, SimulateData
from tasks.calibration import CalibrateEvents, DeriveCalibration
from tasks.reconstruction import DeriveScale, FitEvents, ReconstructEvents
from tasks.training import TrainModel
options = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
tasks = [cls(**OPTIONS) for cls in (GenerateEvents, SimulateData, DeriveCalibration, CalibrateEvents, FitEvents,
                                    DeriveScale, ReconstructEvents, TrainModel)]
print(json.dumps({t.get_task_family(): t.place(t.series_names()[0]) for t in tasks}))
"""


def places(project: Project, **options: str) -> dict[str, str]:
    return json.loads(project.python(PLACES.replace("OPTIONS", repr(options))))


def test_it_is_the_default_study(repository: Path):
    assert "default: airshower" in (repository / "law.cfg").read_text()


def test_every_tier_has_its_records_and_they_are_whole(showers: Project):
    families = {path.name for path in (showers.store / "airshower").iterdir()}
    assert families >= {
        *("GenerateEvents", "SimulateData", "DeriveCalibration", "CalibrateEvents", "FitEvents", "DeriveScale"),
        *("ReconstructEvents", "PrepareTraining", "TrainModel"),
    }
    complete_records_are_whole(showers)
    output = showers.law("run", "TrainModel", *FEW)
    assert made(output) == []
    assert "validation rmse" in output


def test_the_depth_of_maximum_is_learned_from_raw_traces(showers: Project):
    """Closure of the whole chain, with a tenth of the statistics; of all of it, ``law run EvaluateModel`` tells."""
    showers.law("run", "EvaluateModel", *FEW)
    path = newest(showers, "airshower/EvaluateModel/*/performance.json")
    found = json.loads(path.read_text())["estimators"]["network"]
    residuals = found["residuals"]["all"]
    # the depths themselves spread by 57 g/cm2
    assert residuals["width"]["value"] < 42.0
    assert abs(residuals["mean"]["value"]) < 6.0
    assert found["windows"]["10^19 eV"]["all"]["width"]["value"] < 45.0
    assert 0.8 < found["pulls"]["all"]["width"]["value"] < 1.4


def test_formulas_are_words_in_a_terminal(showers: Project):
    output = showers.law("run", "Report", *FEW)
    assert "⟨ln\u2009A⟩" in output
    assert "$" not in output


@pytest.mark.services
def test_the_page(showers: Project):
    output = showers.law("run", "Report", *FEW)
    assert "observed" in output
    complete_records_are_whole(showers)
    page = newest(showers, "airshower/Report/*/report.html")
    with open_browser() as browser:
        check_page(browser, page)
    text = page.read_text()
    # what was simulated and what was measured is told apart
    assert "simulated by this study itself" in text
    assert "Pierre\u00a0Auger\u00a0Observatory open data" in text
    stored = newest(showers, "airshower/CollectResults/*/results.json")
    numbers = json.loads(stored.read_text())["numbers"]
    assert {number["source"] for number in numbers} == {
        "closure",
        "coverage",
        "fit",
        "observatory",
        "performance",
        "resolution",
        "systematics",
    }
    assert all(number["note"] == "simulation" for number in numbers if number["source"] != "fit")


def test_truth_joins_at_training_only(showers: Project):
    readers = {
        json.loads(manifest.read_text())["parts"]["family"]
        for manifest in showers.store.glob("airshower/*/*/*manifest.json")
        for item in json.loads(manifest.read_text())["inputs"]
        if "/GenerateEvents/" in item["place"]
    }
    evaluating = {"EvaluateReconstruction", "PlotReconstruction", "response", "systematics", "closure"}
    assert readers - evaluating == {"SimulateData", "PrepareTraining"}
    # the truth of what stands for a measurement: nobody but the closure test
    hidden = {
        json.loads(manifest.read_text())["parts"]["family"]
        for manifest in showers.store.glob("airshower/*/*/*manifest.json")
        for item in json.loads(manifest.read_text())["inputs"]
        if "/GenerateEvents/observatory-" in item["place"]
    }
    assert hidden <= {"SimulateData", "closure"}
    truth = columns(next(showers.store.glob("airshower/GenerateEvents/proton-*/*.parquet")))
    known = truth - {"identity", "time"}
    assert {"xmax", "energy", "mass_number"} <= known
    for family in ("SimulateData", "CalibrateEvents"):
        assert not columns(next(showers.store.glob(f"airshower/{family}/proton-*/*.parquet"))) & known


def test_chunks_change_nothing(showers: Project, tmp_path: Path):
    other = Project(showers.folder, tmp_path / "store", None)
    options = (*FEW, "--datasets", "iron")
    other.law("run", "FitEvents", *options, "--chunk-events", "130")
    for family in ("GenerateEvents", "SimulateData", "CalibrateEvents", "FitEvents"):
        whole = read(showers.store, family)
        assert whole.equals(read(other.store, family)), family
        assert whole.num_rows > 100
    assert len(list(other.store.glob("airshower/FitEvents/iron-*/*.parquet"))) == 4


def test_more_statistics_begin_with_the_same_records(showers: Project):
    small, large = places(showers, statistics="small"), places(showers, statistics="large")
    same = {family for family in small if small[family] == large[family]}
    assert same == {"GenerateEvents", "SimulateData", "DeriveCalibration", "CalibrateEvents", "FitEvents"}


def test_changed_calibration_reruns_what_depends_on_it(showers: Project, tmp_path: Path):
    before = places(showers)
    folder = tmp_path / "project"
    copy_project(showers.folder, folder, "airshower")
    changed = Project(folder, showers.store, None)
    settings = "analysis/studies/airshower/calibration/settings.py"
    undo = changed.replace(settings, "threshold: float = 0.1", "threshold: float = 0.12")
    after = places(changed)
    assert {family for family in before if before[family] != after[family]} == {
        *("CalibrateEvents", "FitEvents", "DeriveScale", "ReconstructEvents", "TrainModel")
    }
    undo()
    assert places(changed) == before
    changed.replace("analysis/studies/airshower/study.py", "spectral_index=2.5", "spectral_index=2.6")
    after = places(changed)
    assert {family for family in before if before[family] != after[family]} == {
        "DeriveScale",
        "ReconstructEvents",
        "TrainModel",
    }


@pytest.mark.parametrize("task", ["PlotCalibration", "PlotReconstruction", "PlotTraining", "PlotPublications"])
def test_figures_are_written(showers: Project, task: str):
    showers.law("run", task, *FEW)
    figures = list(showers.store.glob(f"airshower/{task}/*/*.png"))
    assert figures
    assert all(figure.stat().st_size > 10_000 for figure in figures)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("SimulateData", "--statistics", "huge"), "use one of: default, large, small"),
        (("TrainModel", "--campaign", "2012B"), "it has none"),
        (("FetchData",), "none has files"),
        (("TrainModel", "--network-settings", "hidden=none"), "hidden"),
    ],
)
def test_what_the_study_does_not_have(showers: Project, arguments: tuple[str, ...], message: str):
    output = showers.law("run", *arguments, fails=True)
    assert message in output
    assert "Traceback" not in output


def columns(path: Path) -> set[str]:
    return set(pyarrow.parquet.read_schema(path).names)


def read(store: Path, family: str) -> pyarrow.Table:
    """All iron events of a family, in their order."""
    files = sorted(
        store.glob(f"airshower/{family}/iron-*/*.parquet"), key=lambda path: int(path.name.split("_")[1].split("-")[0])
    )
    return pyarrow.concat_tables([pyarrow.parquet.read_table(path) for path in files])
