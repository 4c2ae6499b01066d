from __future__ import annotations

import numpy as np
import pytest

from analysis.events.identity import fold_of
from analysis.learning.preparation import prepare
from analysis.learning.standardisation import measure, standardise


@pytest.fixture
def prepared(gaussians, small_settings):
    return prepare(gaussians(700, measured=50), small_settings)


def test_events_come_in_the_order_of_their_identity(prepared):
    assert len(prepared.inputs) == 650
    assert (np.diff(prepared.inputs.identity.astype(object)) > 0).all()


def test_padding_has_no_weight_and_every_training_event_comes_once(prepared, small_settings):
    data, fold = prepared.data.own, fold_of(prepared.inputs.identity, 3)
    assert data.rows.shape == data.weight.shape == (3, prepared.batches * small_settings.batch_size)
    for network in range(3):
        real = np.asarray(data.weight[network]) != 0
        assert np.array_equal(np.asarray(data.rows[network])[real], np.flatnonzero(fold == (network + 2) % 3))
        validated = np.asarray(data.validation_weight[network]) != 0
        rows = np.asarray(data.validation_rows[network])[validated]
        assert np.array_equal(rows, np.flatnonzero(fold == (network + 1) % 3))


@pytest.mark.parametrize("weights", ["weight", "validation_weight"])
def test_all_classes_have_the_same_say(prepared, weights):
    own = prepared.data.own
    rows = own.rows if weights == "weight" else own.validation_rows
    for network in range(3):
        label = prepared.inputs.label[np.asarray(rows[network])]
        total = np.bincount(label, weights=np.asarray(getattr(own, weights)[network], float))
        assert total == pytest.approx(np.full(3, total.mean()), rel=1e-5)


def test_features_are_standardised_by_training_events_only(prepared):
    inputs = prepared.inputs
    for part in prepared.parts:
        weight = np.asarray(prepared.data.own.weight[part.network], float)[: len(part.training)]
        event, own = inputs.features["event"], prepared.knots["event"][part.network]
        knots = measure(event.values[part.training], event.present[part.training], weight)
        assert np.allclose(knots, own, atol=1e-3)
        expected = standardise(event.values, event.present, own)
        assert np.array_equal(prepared.data.own.values["event"][part.network], expected)
