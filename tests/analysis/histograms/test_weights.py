from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
import pytest

from analysis.errors import StudyError
from analysis.histograms.weight_settings import Weights, WeightUncertainty
from analysis.histograms.weights import check_weights, weigh
from analysis.measurement import Cut

NAMES = ("higgs", "z", "w")
LABELS = np.array([0, 1, 2, -1, 1])
EVENTS = ak.Array(
    {"genuine": [True, True, False, True, False], "generator": [1.0, -1.0, 2.0, 1.0, 1.0], "sf": [1.5] * 5}
)


def weighed(settings: Weights, kind: Any = "simulated") -> dict[str, np.ndarray]:
    return weigh(EVENTS, LABELS, NAMES, 4.0, kind, settings)


def test_a_weight_is_what_is_expected_for_one_event():
    assert weighed(Weights())["nominal"].tolist() == [4.0] * 5
    assert weighed(Weights(column="generator"))["nominal"].tolist() == [4.0, -4.0, 8.0, 4.0, 4.0]
    assert weighed(Weights(column="generator", normalised=True))["nominal"].tolist() == [1.0, -1.0, 2.0, 1.0, 1.0]
    assert weighed(Weights(scale={"z": 0.5}))["nominal"].tolist() == [4.0, 2.0, 4.0, 4.0, 2.0]


def test_a_measured_event_counts_once():
    table = Weights((WeightUncertainty("l", "l", 0.1),), {"z": 3.0}, "generator")
    assert {name: weight.tolist() for name, weight in weighed(table, "measured").items()} == {"nominal": [1.0] * 5}


@pytest.mark.parametrize(
    ("uncertainty", "up", "down"),
    [
        (WeightUncertainty("s", "s", 0.1), [1.1] * 5, [0.9] * 5),
        (WeightUncertainty("s", "s", (0.2, 0.3), ("z",)), [1, 1.3, 1, 1, 1.3], [1, 0.8, 1, 1, 0.8]),
        (
            WeightUncertainty("s", "s", 0.1, cuts=(Cut("genuine", "==", False),)),
            [1, 1, 1.1, 1, 1.1],
            [1, 1, 0.9, 1, 0.9],
        ),
        (WeightUncertainty("s", "s", 0.1, ("z",), (Cut("genuine", "==", True),)), [1, 1.1, 1, 1, 1], [1, 0.9, 1, 1, 1]),
        (WeightUncertainty("s", "s", ("sf", "generator"), ("w",)), [1, 1, 2, 1, 1], [1, 1, 1.5, 1, 1]),
    ],
)
def test_uncertainties_are_about_processes_and_cuts(uncertainty: WeightUncertainty, up: list, down: list):
    found = weighed(Weights((uncertainty,)))
    assert list(found) == ["nominal", "s_up", "s_down"]
    assert found["s_up"] / 4.0 == pytest.approx(up)
    assert found["s_down"] / 4.0 == pytest.approx(down)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Weights(scale={"zz": 1.0}), r"(?s)process 'zz'.*higgs, z, w"),
        (Weights((WeightUncertainty("s", "s", 0.1, ("zz",)),)), r"(?s)process 'zz'.*higgs, z, w"),
        (Weights(column="weigth"), r"(?s)no field 'weigth'.*generator"),
        (Weights((WeightUncertainty("s", "s", ("sf", "no")),)), r"no field 'no'"),
    ],
)
def test_unknown_names(settings: Weights, message: str):
    with pytest.raises(StudyError, match=message):
        weighed(settings)


def test_tables_that_cannot_be_meant():
    with pytest.raises(StudyError, match="two uncertainties are called 's'"):
        Weights((WeightUncertainty("s", "s", 0.1), WeightUncertainty("s", "s", 0.2)))
    with pytest.raises(StudyError, match="normalised needs a column"):
        Weights(normalised=True)
    for size in (0.0, 1.0, -0.1, (0.1, 2.0)):
        with pytest.raises(StudyError, match="the uncertainty 's' is"):
            WeightUncertainty("s", "s", size)


SHIFTS = ("s_up", "s_down")
GOOD = {"nominal": np.ones(3), "s_up": np.ones(3), "s_down": np.ones(3)}


@pytest.mark.parametrize(
    ("weights", "shifts", "message"),
    [
        (None, SHIFTS, "weights are NoneType"),
        (np.ones(3), SHIFTS, "weights are an array of float64"),
        ({name: GOOD[name] for name in SHIFTS}, SHIFTS, r"(?s)lack 'nominal'.*s_up, s_down"),
        ({**GOOD}, ("s_up",), "the shift 's_up' has no partner 's_down'"),
        ({**GOOD}, ("s",), "the shift 's' has no partner"),
        ({name: GOOD[name] for name in ("nominal", "s_up")}, SHIFTS, "lack 's_down'"),
        ({**GOOD, "t_up": np.ones(3)}, SHIFTS, "weights 't_up', which no shift"),
        ({**GOOD, "s_up": np.ones(2)}, SHIFTS, r"'s_up' have the shape \(2,\), not \(3,\)"),
        ({**GOOD, "s_up": np.ones((3, 1))}, SHIFTS, r"'s_up' have the shape"),
        ({**GOOD, "s_up": [1.0] * 3}, SHIFTS, "'s_up' are list"),
        ({**GOOD, "s_up": np.array(["a"] * 3)}, SHIFTS, "'s_up' are an array of <U1"),
        ({**GOOD, "nominal": np.array([1.0, np.nan, np.inf])}, SHIFTS, "'nominal' are nan in event 1, and .* 1 more"),
    ],
)
def test_wrong_weights_are_one_clear_error(weights: Any, shifts: tuple[str, ...], message: str):
    with pytest.raises(StudyError, match=message):
        check_weights(weights, shifts, 3)


def test_right_weights_pass():
    assert check_weights(GOOD, SHIFTS, 3) is GOOD
    table = Weights((WeightUncertainty("s", "s", 0.1),))
    check_weights(weighed(table), table.shifts, 5)
