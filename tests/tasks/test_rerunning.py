"""A change reruns exactly what depends on it, the user is told why, and undoing it finds the old records."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from tests.tasks.project import QUICK, Project, made

CALIBRATION = "analysis/studies/htautau/calibration.py"

# places of all records of the graph, by task and series
PLACES = """
import json
from tasks.calibration import CalibrateEvents, DeriveCalibration
from tasks.data import FetchData
from tasks.evaluation import EvaluateModel, ScoreEvents
from tasks.plots import PlotCalibration, PlotTraining
from tasks.reconstruction import ReconstructEvents
from tasks.training import PrepareTraining, TrainModel
tasks = [cls() for cls in (CalibrateEvents, DeriveCalibration, EvaluateModel, FetchData, PlotCalibration, PlotTraining,
                           PrepareTraining, ReconstructEvents, ScoreEvents, TrainModel)]
print(json.dumps({f"{t.get_task_family()} {s}": t.place(s) for t in tasks for s in t.series_names()}))
"""


def places(project: Project) -> dict[str, str]:
    return json.loads(project.python(PLACES))


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    assert before.keys() == after.keys()
    return {name.split()[0] for name in before if before[name] != after[name]}


AFTER_CALIBRATION = {
    "CalibrateEvents",
    "ReconstructEvents",
    "PrepareTraining",
    "TrainModel",
    "ScoreEvents",
    "EvaluateModel",
    "PlotTraining",
}


@pytest.mark.long
def test_changed_number_in_the_calibration_reruns_it_and_what_depends_on_it(rerun: Project):
    before = places(rerun)
    undo = rerun.replace(CALIBRATION, "return 2.0 * np.sqrt", "return 2.002 * np.sqrt")
    assert changed(before, places(rerun)) == AFTER_CALIBRATION

    output = rerun.law("run", "TrainModel", *QUICK)
    families = made(output)
    assert set(families) == {"CalibrateEvents", "ReconstructEvents", "PrepareTraining", "TrainModel"}
    assert families.count("CalibrateEvents") == families.count("PrepareTraining") == 7
    assert "code analysis.studies.htautau.calibration:transverse_mass changed" in output
    assert output.count("code analysis.studies.htautau.calibration:transverse_mass changed") == 1
    assert "again: 7 inputs" in next(line for line in output.splitlines() if line.startswith("made  TrainModel"))

    undo()
    assert places(rerun) == before
    output = rerun.law("run", "TrainModel", *QUICK)
    assert made(output) == []
    assert "validation auc" in output


def test_changed_number_in_the_settings_of_the_calibration(rerun: Project):
    before = places(rerun)
    rerun.replace("analysis/studies/htautau/study.py", "min_pt=3.0", "min_pt=3.5")
    assert changed(before, places(rerun)) == AFTER_CALIBRATION | {"DeriveCalibration", "PlotCalibration"}


@pytest.mark.long
def test_cross_section_changes_only_what_is_weighted_with_it(rerun: Project):
    before = places(rerun)
    rerun.replace("analysis/studies/htautau/datasets.py", "225.2", "226.2")
    after = places(rerun)
    moved = {name for name in before if before[name] != after[name]}
    assert {"ReconstructEvents TTbar", "PrepareTraining TTbar", "TrainModel dense"} <= moved
    assert not any("DYJetsToLL" in name and "Score" not in name for name in moved)
    assert not any(name.startswith(("CalibrateEvents", "FetchData", "DeriveCalibration")) for name in moved)


@pytest.mark.long
def test_comment_docstring_format_and_plot_rerun_nothing(rerun: Project):
    before = places(rerun)
    for file in (CALIBRATION, "analysis/studies/htautau/reconstruction.py", "tasks/calibration.py"):
        path = rerun.folder / file
        text = path.read_text()
        head, _, rest = text.partition('"""\n')
        path.write_text(f'{head} More words."""\n# a comment\n{rest}')
        # the same code as another formatter would write it
        subprocess.run(
            [sys.executable, "-m", "ruff", "format", "--line-length", "60", "--isolated", str(path)],
            check=True,
            capture_output=True,
        )
        assert path.read_text() != text
    assert places(rerun) == before

    plotting = sorted((rerun.folder / "analysis/plotting").glob("*.py"))
    for path in plotting:
        path.write_text(path.read_text() + "\n\nNOT_THERE_BEFORE = 1\n")
    assert places(rerun) == before
    for path in plotting:
        path.write_text(re.sub(r"(?m)^( +)return ", r"\1assert True\n\1return ", path.read_text()))
    assert changed(before, places(rerun)) == {"PlotCalibration", "PlotTraining"}
    assert made(rerun.law("run", "TrainModel", *QUICK)) == []


@pytest.mark.parametrize("option", ["--chunk-events=1000", "--workers=2", "--log-file=-"])
def test_parameters_that_change_no_physics_enter_no_key(rerun: Project, option: str):
    code = "from tasks.calibration import CalibrateEvents as T; print([T({}).place(s) for s in T().series_names()])"
    if option.startswith("--chunk"):
        assert rerun.python(code.format("")) == rerun.python(code.format("chunk_events=1000"))
    else:
        assert made(rerun.law("run", "TrainModel", *QUICK, option)) == []


@pytest.mark.long
def test_chunking_changes_no_result(rerun: Project):
    digests = []
    for chunk in ("0", "700"):
        output = rerun.law("run", "TrainModel", *QUICK, "--PrepareTraining-chunk-events", chunk)
        digests.append(_digest(rerun))
        for manifest in (rerun.store / "htautau/TrainModel").glob("*/manifest.json"):
            manifest.unlink()
    assert "PrepareTraining" in made(output)
    assert digests[0] == digests[1]


def _digest(project: Project) -> str:
    (manifest,) = (project.store / "htautau/TrainModel").glob("*/manifest.json")
    return json.loads(manifest.read_text())["payload"]["parameters.safetensors"]["sha256"]
