from __future__ import annotations

from dataclasses import replace

import awkward as ak
import numpy as np
import pytest

from analysis.errors import StudyError
from analysis.histograms.filling import fill
from analysis.histograms.histograms import Histograms, merge
from analysis.histograms.losses import belonging_nowhere, check_edges, left_out
from analysis.histograms.processes import DATA, NOMINAL
from analysis.histograms.yield_settings import EVENTS
from analysis.measurement import Cut, Region, Variable

MASS = Variable("mass", "mass", "GeV", (60.0, 100.0, 140.0))
ALL, NEAR = Region("all", "all", ()), Region("near", "near", (Cut("mass", ">=", 60.0), Cut("mass", "<", 140.0)))
NUMBER = 1000


def filled(variable: Variable, labels: np.ndarray | None = None, process: str = "zz", scale: float = 1.0) -> Histograms:
    """A thousand events from 50 to 150 GeV, a fifth of them outside of 60 to 140."""
    events = ak.Array({"identity": np.arange(NUMBER) + 7, "mass": scale * (50.0 + 0.1 * np.arange(NUMBER))})
    labels = np.zeros(NUMBER, np.intp) if labels is None else labels
    simulated = "" if process == DATA else "mc"
    weights = {NOMINAL: np.where(np.arange(NUMBER) < 100, 3.0, 1.0)}
    return fill(events, weights, ((process,), labels), (variable,), (ALL, NEAR), simulated=simulated)


@pytest.mark.parametrize("overflow", [True, False])
@pytest.mark.parametrize("factor", [1000.0, 0.001])
def test_edges_in_another_unit_are_an_error(overflow: bool, factor: float):
    wrong = replace(MASS, edges=tuple(factor * edge for edge in MASS.edges), overflow=overflow)
    fate = "count in its first or last bin" if overflow else "are left out"
    with pytest.raises(StudyError, match=f"1800 of 1800 events lie outside of the bins of the variable 'mass'.*{fate}"):
        check_edges(filled(wrong))
    check_edges(filled(MASS))


def test_a_narrow_window_is_right():
    # a narrow window holds a tenth of all events, as many as an analysis may look for
    check_edges(filled(replace(MASS, edges=(60.0, 65.0, 70.0), overflow=False)))
    with pytest.raises(StudyError, match="cut on it in the regions"):
        check_edges(filled(replace(MASS, edges=(0.0, 1.0, 2.0))))


def test_a_variable_of_one_bin_counts_whatever_its_edges_are():
    check_edges(filled(EVENTS))
    with pytest.raises(StudyError, match="'events'"):
        check_edges(filled(replace(EVENTS, overflow=False)))


def test_few_events_are_no_proof():
    histograms = filled(replace(MASS, edges=(0.0, 1.0, 2.0)))
    few = dict.fromkeys(histograms.counts.placed, (4, 0, 0, 4))
    check_edges(replace(histograms, counts=replace(histograms.counts, placed=few)))


def test_events_of_no_process_are_told_with_their_share():
    labels = np.where(np.arange(NUMBER) < 100, -1, 0)
    (warning,) = belonging_nowhere(filled(MASS, labels))
    # a hundred events weigh three times as much as the others
    assert "100 of 1000 selected events of the simulated data set 'mc' (25 % of the weights)" in warning
    assert belonging_nowhere(filled(MASS)) == []
    assert belonging_nowhere(filled(MASS, process=DATA)) == []
    # one of a thousand
    assert belonging_nowhere(filled(MASS, np.where(np.arange(NUMBER) == 500, -1, 0))) == []
    (whole,) = belonging_nowhere(filled(MASS, np.full(NUMBER, -1)))
    assert "1000 of 1000 selected events of the simulated data set 'mc' (100 % of the weights)" in whole


def test_a_fitted_variable_that_leaves_out_events_is_told():
    narrow = replace(MASS, edges=(70.0, 100.0, 120.0), overflow=False)
    histograms = merge([filled(narrow), filled(narrow, process=DATA)])
    fitted = [("all", "mass"), ("near", "mass")]
    both = left_out(histograms, fitted)
    assert len(both) == 2
    assert "in the region 'all' the fitted variable 'mass' leaves out 500 of 1000 measured events (50 %)" in both[0]
    assert "and 500 of 1000 simulated events (50 %)" in both[0]
    assert "in the region 'near' the fitted variable 'mass' leaves out 300 of 800 measured events (38 %)" in both[1]
    # measured events of a blind study are not told
    assert not any("measured" in one for one in left_out(histograms, fitted, measured=False))
    # a fifth is no reason, nor is what has overflow or is not fitted
    assert left_out(filled(replace(MASS, overflow=False)), fitted) == []
    assert left_out(filled(replace(narrow, overflow=True)), fitted) == []
    assert left_out(histograms, []) == []
    assert left_out(histograms, [("all", "other")]) == []
