from __future__ import annotations

from dataclasses import replace
from typing import Any

import awkward as ak
import numpy as np
import pytest

from analysis.errors import DataError, StudyError
from analysis.events.columns import with_columns
from analysis.histograms.weight_settings import Weights
from analysis.learning.field_settings import Block, FieldFeatures
from analysis.learning.data.fields import prepare
from analysis.study import Cut, Dataset, Process

ZZ, HIGGS = Dataset("zz", "ZZ", "simulated"), Dataset("h", "H", "simulated")
DATA = Dataset("run", "run", "measured")
PROCESSES = (Process("higgs", "H", ("h",)), Process("zz", "ZZ", ("zz",), (Cut("good", "==", True),)))
EVENTS = ak.Array(
    {
        "identity": np.array([7, 8, 9], np.uint64),
        "mass": [125.0, None, 91.0],
        "jets": [2, 0, 1],
        "good": [True, True, False],
        "muon_pt": [[20.0, 10.0, 5.0], [], [30.0]],
        "muon_q": [[1, -1, 1], [], [-1]],
        "generator": [1.0, -1.0, 1.0],
    }
)
TRUTH = ak.Array({"identity": np.array([9, 8, 7, 6], np.uint64), "energy": [9.0, 8.0, 7.0, 6.0]})
FEATURES = FieldFeatures(
    ("mass", "jets"),
    {"muons": Block(("muon_pt", "muon_q"), 2)},
    PROCESSES,
    selection=(Cut("jets", ">", 0),),
    weights=Weights(column="generator", scale={"zz": 2.0}),
)


def test_numbers_and_lists_become_blocks():
    found = prepare(EVENTS, None, ZZ, 0.5, FEATURES)
    event, muons = found.features["event"], found.features["muons"]
    assert event.names == ("mass", "jets")
    assert event.values.tolist() == [[125.0, 2.0], [0.0, 0.0], [91.0, 1.0]]
    assert event.present.tolist() == [[True, True], [False, True], [True, True]]
    # the first two muons, and what is not there is marked
    assert muons.values.tolist() == [[[20.0, 1.0], [10.0, -1.0]], [[0.0, 0.0]] * 2, [[30.0, -1.0], [0.0, 0.0]]]
    assert muons.present.tolist() == [[True, True], [False, False], [True, False]]
    assert found.identity.tolist() == [7, 8, 9]


def test_labels_weights_and_selection():
    found = prepare(EVENTS, None, ZZ, 0.5, FEATURES)
    assert found.classes == ("higgs", "zz")
    # the last event belongs to no process
    assert found.label.tolist() == [1, 1, -1]
    assert found.weight.tolist() == [1.0, -1.0, 0.5]
    assert found.trainable.tolist() == [True, False, False]
    assert prepare(EVENTS, None, HIGGS, 0.5, FEATURES).label.tolist() == [0, 0, 0]
    measured = prepare(EVENTS, None, DATA, 1.0, FEATURES)
    assert measured.label.tolist() == [-1] * 3
    assert measured.weight.tolist() == [1.0] * 3
    assert not measured.trainable.any()


def test_a_regression_learns_truth_of_the_same_events():
    settings = FieldFeatures(("jets",), targets=("truth.energy", "jets"), spectators=("truth.energy", "good"))
    found = prepare(EVENTS, TRUTH, ZZ, 0.5, settings)
    assert found.target.tolist() == [[7.0, 2.0], [8.0, 0.0], [9.0, 1.0]]
    assert found.targets == ("energy", "jets")
    assert found.trainable.all()
    assert found.spectators["energy"].tolist() == [7.0, 8.0, 9.0]
    assert found.spectators["good"].tolist() == [1.0, 1.0, 0.0]
    measured = prepare(EVENTS, None, DATA, 1.0, settings)
    assert not measured.target.any()
    assert not measured.spectators["energy"].any()


def test_targets_of_measured_events_are_learned_where_a_study_says_so():
    settings = FieldFeatures(targets=("jets",), noise=1, selection=(Cut("jets", ">", 0),), measured=True)
    found = prepare(EVENTS, None, DATA, 1.0, settings)
    assert found.classes == ("measured",)
    assert found.label.tolist() == [0, 0, 0]
    assert found.target[:, 0].tolist() == [2.0, 0.0, 1.0]
    assert found.trainable.tolist() == [True, False, True]
    assert found.weight.tolist() == [1.0] * 3
    # simulated ones can be scored, and are not learned from
    simulated = prepare(EVENTS, TRUTH, ZZ, 0.5, settings)
    assert simulated.label.tolist() == [-1] * 3
    assert not simulated.trainable.any()
    assert simulated.layout == found.layout


def test_chunks_are_parts_of_the_whole():
    whole = prepare(EVENTS, TRUTH, ZZ, 0.5, replace(FEATURES, targets=("truth.energy",)))
    for rows in (slice(0, 1), slice(1, 3), slice(0, 0)):
        part = prepare(EVENTS[rows], TRUTH, ZZ, 0.5, replace(FEATURES, targets=("truth.energy",)))
        for name, array in part.arrays().items():
            np.testing.assert_array_equal(array, whole.arrays()[name][rows])


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"event": ("masss",)}, StudyError, r"(?s)no field 'masss'.*mass"),
        ({"event": ("muon_pt",)}, StudyError, "'muon_pt' is no number an event"),
        ({"blocks": {"m": Block(("muon_pz",), 2)}}, StudyError, "no field 'muon_pz'"),
        ({"blocks": {"m": Block(("muon_pt.x",), 2)}}, StudyError, "no field 'muon_pt.x'"),
        ({"blocks": {"m": Block(("mass",), 2)}}, StudyError, "'mass' is no list of numbers"),
        ({"blocks": {"m": Block(("muon_pt", "other"), 2)}}, DataError, "event 0 has 3 of 'muon_pt' and 1 of 'other'"),
        ({"targets": ("truth.energy",)}, StudyError, "these events have none"),
        (
            {"targets": ("mass",), "selection": ()},
            DataError,
            r"target 'mass' is not a finite number in event 1 \(id.* 8\)",
        ),
        ({"event": ("bad",)}, DataError, r"'bad' of the block 'event' of event 1 \(identity 8\) is nan"),
    ],
)
def test_what_cannot_be_learned_is_one_clear_error(change: dict[str, Any], error: type[Exception], message: str):
    events = with_columns(EVENTS, {"bad": np.array([1.0, np.nan, 1.0])})
    events = ak.with_field(events, ak.Array([[1.0], [], [2.0]]), "other")
    with pytest.raises(error, match=message):
        prepare(events, None, ZZ, 0.5, replace(FEATURES, **change))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "there are no features"),
        ({"event": ("a",)}, "nothing to learn"),
        ({"event": ("a", "a"), "targets": ("b",)}, "'a' is there twice"),
        ({"event": ("a",), "blocks": {"event": Block(("b",), 1)}, "targets": ("b",)}, "rename the block"),
        ({"event": ("truth.a",), "targets": ("b",)}, "measured events have no truth"),
        ({"noise": 1, "targets": ("truth.a",), "measured": True}, "'truth.a' is to be learned from measured events"),
        ({"noise": 1, "processes": PROCESSES, "measured": True}, "'higgs' is to be learned from measured events"),
    ],
)
def test_settings_that_cannot_be_meant(settings: dict[str, Any], message: str):
    with pytest.raises(StudyError, match=message):
        FieldFeatures(**settings)


def test_a_missing_target_of_an_event_that_is_not_learned_from_is_no_matter():
    found = prepare(EVENTS, None, ZZ, 0.5, replace(FEATURES, targets=("mass",)))
    assert found.target[:, 0].tolist() == [125.0, 0.0, 91.0]


def test_noise_belongs_to_the_event():
    settings = replace(FEATURES, noise=3)
    found = prepare(EVENTS, None, ZZ, 0.5, settings).features["noise"]
    assert found.values.shape == (3, 3)
    assert found.names == ()
    assert found.present.all()
    assert np.array_equal(prepare(EVENTS[1:], None, ZZ, 0.5, settings).features["noise"].values, found.values[1:])
    with pytest.raises(StudyError, match="noise is 2, and the blocks are noise"):
        FieldFeatures(("jets",), {"noise": Block(("muon_pt",), 2)}, PROCESSES, noise=2)
