"""Figures are made from records, and a change of how they look draws them again and does nothing else."""

from __future__ import annotations

import json

import pytest

from tests.tasks.project import QUICK, Project, made

pytestmark = pytest.mark.long

CLASSES = ("higgs", "ztt", "zll", "w", "tt")

# the places of a figure and of what it is made from
PLACES = """
import json
from tasks.calibration import DeriveCalibration
from tasks.plots import PlotCalibration
print(json.dumps([task.place(task.own_series) for task in (DeriveCalibration(), PlotCalibration())]))
"""


def test_figures_of_a_calibration(rerun: Project):
    output = rerun.law("run", "PlotCalibration")
    assert made(output) == ["PlotCalibration"]
    calibration, place = json.loads(rerun.python(PLACES))
    files = {
        path.name: path.read_bytes() for path in (rerun.store / place).iterdir() if path.suffix in (".pdf", ".png")
    }
    assert set(files) == {"jpsi.pdf", "jpsi.png", "z.pdf", "z.png"}
    for name, content in files.items():
        assert str(rerun.store / place / name) in output
        assert content.startswith(b"%PDF" if name.endswith("pdf") else b"\x89PNG")

    # a title is in the figure's key and in no other
    undo = rerun.replace("analysis/studies/htautau/study.py", r"$Z \to \mu\mu$", r"$Z/\gamma^* \to \mu\mu$")
    other_calibration, other_place = json.loads(rerun.python(PLACES))
    assert other_calibration == calibration
    assert other_place != place
    undo()

    rerun.replace("analysis/plotting/style.py", '"font.size": 22.0', '"font.size": 21.0')
    output = rerun.law("run", "PlotCalibration")
    assert made(output) == ["PlotCalibration"]
    assert "analysis.plotting.style" in output
    _, other_place = json.loads(rerun.python(PLACES))
    assert all((rerun.store / other_place / name).read_bytes() != content for name, content in files.items())


def test_figures_of_a_training(rerun: Project):
    assert made(rerun.law("run", "PlotTraining", *QUICK))[-1] == "PlotTraining"
    (path,) = (rerun.store / "htautau/PlotTraining").glob("training_figures-*/manifest.json")
    manifest = json.loads(path.read_text())
    figures = ["history", "roc", "confusion", *(f"score_{name}" for name in CLASSES)]
    assert list(manifest["payload"]) == [f"{name}.{kind}" for name in figures for kind in ("pdf", "png")]
    assert {"training", "performance", "inputs TTbar"} <= {item["role"] for item in manifest["inputs"]}
