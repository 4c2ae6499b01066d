"""Histograms of a stage: what its weights may be."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import awkward as ak
import numpy as np
import pytest

from analysis.errors import DataError, StudyError
from analysis.histograms import histograms as filled_histograms
from analysis.histograms.histograms import merge
from analysis.histograms.processes import as_shift
from analysis.histograms.stage import check, fill_stage
from analysis.histograms.weight_settings import Weights
from analysis.learning.application.scores import Scores
from analysis.study import Cut, Dataset, Histograms, Process, Region, SourceFile, Step, Variable

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


SCORED = (
    Variable("score_s", "score", "", (0.0, 0.5, 1.0)),
    Variable("x", "x", "", (0.0, 10.0), regions=("all", "first")),
    Variable("y", "x", "", (0.0, 10.0), field="x", regions=("all",)),
)


def test_variables_that_depend_on_scores_are_filled_for_each_seed(tmp_path: Path):
    stage = Histograms(
        "histograms",
        scores=("scores",),
        variables=SCORED,
        regions=(Region("all", "All", ()), Region("first", "First", (Cut("category", "==", 0),))),
        weights=Weights(),
        per_seed=True,
    )
    processes = (Process("s", "S", ("simulated",)),)
    events = ak.Array({"x": [1.0, 2.0, 3.0], "identity": np.array([1, 2, 3], np.uint64)})
    first = np.array([[0.9, 0.4, 0.8], [0.3, 0.4, 0.1]], np.float32)
    by_seed = np.stack([first, 1.0 - first], axis=-1)
    scores = Scores(np.array([1, 2, 3], np.uint64), by_seed.mean(axis=0), ("s", "w"), by_seed)
    simulated = dataclasses.replace(DATA, name="simulated", kind="simulated", luminosity=None)
    # events move between categories, measured ones too
    for dataset, process in ((simulated, "s"), (DATA, "data")):
        filled = fill_stage(events, [scores], stage, processes, dataset, 2.0, "")
        unit = 2.0 if process == "s" else 1.0
        assert [set(one.hists) for one in filled.by_seed] == [{"score_s", "x"}] * 2
        for seed, (low, high) in enumerate(((1, 2), (3, 0))):
            own = filled.of_seed(seed)
            assert own.content("score_s", process, "all", "nominal")[0].tolist() == [unit * low, unit * high]
            assert own.content("x", process, "first", "nominal")[0].tolist() == [unit * high]
            assert own.content("y", process, "all", "nominal")[0].tolist() == [unit * 3]
        assert filled.content("x", process, "first", "nominal")[0].tolist() == [unit * 1]
        # as they are kept, added and scaled
        filled.save(tmp_path / "filled.zip")
        again = filled_histograms.Histograms.load(tmp_path / "filled.zip")
        total = merge((again, as_shift(again, "up"), filled)).scaled({process: 0.5})
        for seed in (0, 1):
            found = total.of_seed(seed).content("score_s", process, "all", "nominal")[0]
            assert found.tolist() == filled.of_seed(seed).content("score_s", process, "all", "nominal")[0].tolist()
            moved = total.of_seed(seed).content("score_s", process, "all", "up")[0]
            assert (2.0 * moved).tolist() == found.tolist()
    shifted = fill_stage(events, [scores], stage, processes, simulated, 2.0, "energy_up")
    assert shifted.by_seed[1].shifts == ("energy_up",)
    one_seed = Scores(scores.identity, scores.predictions, scores.names)
    assert fill_stage(events, [one_seed], stage, processes, simulated, 2.0, "").by_seed == ()
    with pytest.raises(DataError, match="different numbers of seeds cannot be added: 0, 2"):
        merge((filled, fill_stage(events, [one_seed], stage, processes, simulated, 2.0, "")))
