from __future__ import annotations

import awkward as ak
import numpy as np
import pytest

from analysis.errors import DataError
from analysis.histograms.filling import fill
from analysis.histograms.processes import DATA, NOMINAL, as_shift, process_labels
from analysis.histograms.scores import with_scores
from analysis.learning.application.scores import Scores
from analysis.studies.htautau.study import study
from analysis.study import Region, Variable


def test_simulated_events_belong_to_the_processes_of_their_data_set():
    events = ak.Array({"gen_match": [False, True, False]})
    own, positions = process_labels(events, study.dataset("DYJetsToLL"), study.processes)
    assert set(own) == {"ztt", "zll"}
    assert [own[position] if position >= 0 else None for position in positions] == ["zll", "ztt", "zll"]


def test_measured_events_are_data():
    events = ak.Array({"gen_match": [False, False]})
    assert process_labels(events, study.dataset("Run2012B"), study.processes)[0] == (DATA,)
    assert not process_labels(events, study.dataset("Run2012B"), study.processes)[1].any()


def test_nominal_histograms_as_those_of_a_shift():
    events = ak.Array({"identity": np.arange(4), "x": np.array([0.5, 1.5, 1.5, 9.0])})
    weights = {NOMINAL: np.array([1.0, 2.0, 3.0, 4.0]), "luminosity_up": np.ones(4)}
    variable = Variable("x", "x", "", (0.0, 1.0, 2.0))
    filled = fill(events, weights, np.array(["a", "a", "b", "b"]), (variable,), (Region("all", "all", ()),))
    renamed = as_shift(filled, "energy_up")
    assert renamed.shifts == ("energy_up",)
    for process in ("a", "b"):
        for one, other in zip(
            renamed.content("x", process, "all", "energy_up"), filled.content("x", process, "all", NOMINAL), strict=True
        ):
            assert np.array_equal(one, other)


def test_scores_become_fields():
    events = ak.Array({"identity": np.array([3, 4], np.uint64)})
    predictions = np.array([[0.2, 0.8], [0.6, 0.4]], np.float32)
    scored = with_scores(events, Scores(np.array([3, 4], np.uint64), predictions, ("higgs", "ztt")))
    assert scored.category.tolist() == [1, 0]
    assert scored.score_ztt.tolist() == predictions[:, 1].tolist()
    with pytest.raises(DataError, match="do not belong"):
        with_scores(events, Scores(np.array([4, 3], np.uint64), predictions, ("higgs", "ztt")))
    with pytest.raises(DataError, match="have a field 'category' already"):
        with_scores(scored, Scores(np.array([3, 4], np.uint64), predictions, ("w", "tt")))
    both = with_scores(scored, Scores(np.array([3, 4], np.uint64), predictions, ("higgs", "ztt")), "others")
    assert set(both.fields) - set(scored.fields) == {"others_higgs", "others_ztt", "others_category"}
