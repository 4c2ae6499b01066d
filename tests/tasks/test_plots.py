"""Figures are made from records, and a change of how they look draws them again and does nothing else."""

from __future__ import annotations

import json

from tests.tasks.project import QUICK, Project, made

CLASSES = ("higgs", "ztt", "zll", "w", "tt")


def test_figures_of_real_data_and_of_another_style(rerun: Project):
    output = rerun.law("run", "PlotCalibration")
    assert made(output) == ["PlotCalibration"]
    (place,) = (rerun.store / "htautau/PlotCalibration").glob("figures-*")
    first = {path.name: path.read_bytes() for path in place.iterdir() if path.suffix in (".pdf", ".png")}
    assert set(first) == {"jpsi.pdf", "jpsi.png", "z.pdf", "z.png"}
    for name, content in first.items():
        assert str(place / name) in output
        assert content.startswith(b"%PDF" if name.endswith("pdf") else b"\x89PNG")

    undo = rerun.replace("analysis/plotting/style.py", '"font.size": 22.0', '"font.size": 21.0')
    output = rerun.law("run", "PlotCalibration")
    assert made(output) == ["PlotCalibration"]
    assert "analysis.plotting.style" in output
    others = [p for p in (rerun.store / "htautau/PlotCalibration").glob("figures-*") if p != place]
    assert all((others[0] / name).read_bytes() != content for name, content in first.items())

    # the same code draws the same bytes
    undo()
    (place / "manifest.json").unlink()
    assert made(rerun.law("run", "PlotCalibration")) == ["PlotCalibration"]
    assert {name: (place / name).read_bytes() for name in first} == first

    # a title is in no other key
    rerun.replace("analysis/studies/htautau/study.py", r"$Z \to \mu\mu$", r"$Z/\gamma^* \to \mu\mu$")
    assert made(rerun.law("run", "PlotCalibration")) == ["PlotCalibration"]


def test_figures_of_a_training(rerun: Project):
    assert made(rerun.law("run", "PlotTraining", *QUICK))[-1] == "PlotTraining"
    (path,) = (rerun.store / "htautau/PlotTraining").glob("dense-*/manifest.json")
    manifest = json.loads(path.read_text())
    figures = ["history", "roc", "confusion", *(f"score_{name}" for name in CLASSES)]
    assert list(manifest["payload"]) == [f"{name}.{kind}" for name in figures for kind in ("pdf", "png")]
    assert {"networks", "evaluation", "inputs TTbar"} <= {item["role"] for item in manifest["inputs"]}
    rerun.replace("analysis/plotting/scores.py", "_BINS = 20", "_BINS = 25")
    assert made(rerun.law("run", "PlotTraining", *QUICK)) == ["PlotTraining"]
