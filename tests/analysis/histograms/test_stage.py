"""Histograms of a stage: what its weights may be."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import awkward as ak
import numpy as np
import pytest

from analysis.errors import StudyError
from analysis.histograms.stage import check, fill_stage
from analysis.study import Dataset, Histograms, Process, Region, SourceFile, Step, Variable

FILES = (SourceFile("data.root", "https://example.org/data.root", "0" * 64, 1, 3, ""),)
DATA = Dataset("data", "Data", "measured", files=FILES, luminosity=1.0)
STAGE = Histograms("histograms", weights=Step("physics:weigh"))


def test_a_measured_event_counts_once_unless_the_study_says_otherwise():
    check({"nominal": np.ones(3)}, STAGE, DATA, 3)
    scaled = {"nominal": np.full(3, 0.8)}
    with pytest.raises(StudyError, match="measured events of 'data' count other than once"):
        check(scaled, STAGE, DATA, 3)
    check(scaled, dataclasses.replace(STAGE, weighs_data=True), DATA, 3)
    check(scaled, STAGE, dataclasses.replace(DATA, kind="simulated", luminosity=None), 3)


def test_a_step_that_weighs_events_gets_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "weighing.py").write_text(
        "def weigh(events, weight_per_fb, files):\n"
        "    return {'nominal': events.x.to_numpy() * weight_per_fb * float(files['scale'].read_text())}\n"
    )
    (tmp_path / "scale.txt").write_text("0.5\n")
    monkeypatch.syspath_prepend(tmp_path)
    stage = Histograms(
        "histograms",
        variables=(Variable("x", "x", "", (0.0, 10.0)),),
        regions=(Region("all", "All", ()),),
        weights=Step("weighing:weigh", files={"scale": "scale.txt"}),
    )
    events, processes = ak.Array({"x": [1.0, 2.0, 3.0]}), (Process("s", "S", ("data",)),)
    simulated = dataclasses.replace(DATA, kind="simulated", luminosity=None)
    filled = fill_stage(events, [], stage, processes, simulated, 4.0, "")
    assert filled.content("x", "s", "all", "nominal")[0].sum() == 12.0
