"""The short way from arrays to trained networks gives what the long one does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.errors import DataError
from analysis.learning.arrays import features, fit, training_inputs


def test_what_is_not_a_number_is_missing():
    block = features({"x": [1.0, np.nan], "y": [3.0, 4.0]})
    assert block.values.tolist() == [[1, 3], [0, 4]]
    assert block.present.tolist() == [[True, True], [False, True]]
    trace = features(np.array([[1.0, np.nan]], np.float16))
    assert trace.values.dtype == np.float16
    assert (trace.present.tolist(), trace.names) == ([[True, False]], ())
    assert features(trace) is trace


def test_particles_are_there_or_not():
    pt, eta = np.array([[50.0, np.nan], [30.0, 20.0]]), np.array([[0.1, np.nan], [1.0, -2.0]])
    block = features({"pt": pt, "eta": eta})
    assert block.values.shape == (2, 2, 2)
    assert block.present.tolist() == [[True, False], [True, True]]
    eta[1, 1] = np.nan
    with pytest.raises(DataError, match=r"of event 1, place \(1,\), some of the features pt, eta"):
        features({"pt": pt, "eta": eta})


@pytest.mark.parametrize("columns", [{}, {"x": [1.0], "y": [1.0, 2.0]}])
def test_shapes_agree(columns):
    with pytest.raises(DataError, match="the features have different shapes"):
        features(columns)


@pytest.mark.long
def test_networks_are_trained_on_arrays(gaussians, small_network, small_settings):
    """As on the same events that came another way."""
    given = gaussians(300)
    block = given.features["event"]
    columns = dict(zip(block.names, np.where(block.present, block.values, np.nan).T, strict=True))
    inputs = training_inputs({"event": columns}, label=given.label, classes=given.classes, weight=given.weight)
    assert np.array_equal(inputs.features["event"].values, block.values)
    assert np.array_equal(inputs.features["event"].present, block.present)
    epochs: list[dict[str, Any]] = []
    trained = fit(inputs, small_network, small_settings, report=epochs.append)
    assert trained.history == tuple(epochs)
    assert trained.predictions(inputs).shape == (len(inputs), 3)


def test_targets_and_spectators_have_names():
    inputs = training_inputs({"x": np.ones((2, 4))}, targets={"energy": [1, 2]}, spectators={"mass": [1, 4]})
    assert (inputs.targets, inputs.target.tolist()) == (("energy",), [[1], [2]])
    assert inputs.spectators["mass"].tolist() == [1, 4]
    other = training_inputs({"x": np.ones((2, 4))}, name="other")
    assert not set(inputs.identity) & set(other.identity)
