from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import TrainingError
from analysis.events.identity import fold_of
from analysis.learning.data.sorted_inputs import sort_inputs
from analysis.learning.data.folds import split
from analysis.learning.loss_settings import Gaussian
from analysis.learning.data.folded_inputs import Span, fold_inputs
from analysis.learning.settings import TrainingSettings
from analysis.learning.data.standardisation import measure, standardise
from analysis.validated import override


@pytest.fixture
def folded(gaussians, small_settings):
    return fold_inputs(sort_inputs([gaussians(700, measured=50)]), small_settings)


def test_events_go_round():
    span = Span(start=8, count=4, events=10)
    assert span.rows(np.arange(6)).tolist() == [8, 9, 0, 1, 8, 8]
    assert [rows.tolist() for rows in span.blocks()] == [[8, 9, 0, 1]]
    assert [rows.tolist() for rows in span.blocks(2)] == [[8, 9]]


def test_padding_has_no_weight_and_every_training_event_comes_once(folded, small_settings):
    fold = fold_of(folded.events.arrays["identity"], 3)
    _, training, validation = folded.whole(range(3))
    assert training.rows.shape == training.weight.shape == (3, folded.batch_order.places)
    assert folded.batch_order.places % small_settings.batch_size == 0
    for network in range(3):
        for chosen, of in ((training, network + 2), (validation, network + 1)):
            rows = chosen.rows[network][chosen.weight[network] != 0]
            assert np.array_equal(np.sort(rows), np.flatnonzero(fold == of % 3))


@pytest.mark.parametrize("folds", [3, 4, 7])
def test_events_are_used_as_the_evaluation_believes(gaussians, small_settings, folds):
    folded = fold_inputs(sort_inputs([gaussians(900)]), override(small_settings, {"folds": folds}))
    identity = folded.events.arrays["identity"]
    for part, fold in zip(split(identity, folds), folded.folds, strict=True):
        for rows, span in ((part.training, fold.training), (part.validation, fold.validation)):
            assert np.array_equal(np.sort(span.rows(np.arange(span.count))), rows)


def test_all_classes_have_the_same_say(folded):
    _, *kinds = folded.whole(range(3))
    for chosen in kinds:
        for network in range(3):
            label = folded.events.arrays["label"][chosen.rows[network]]
            total = np.bincount(label, weights=chosen.weight[network].astype(float))
            assert total == pytest.approx(np.full(3, total.mean()), rel=1e-5)


def test_features_are_standardised_by_training_events_only(folded):
    inputs = folded.events.select(slice(None))
    events, training, _ = folded.whole(range(3))
    event = inputs.features["event"]
    for fold in folded.folds:
        rows = fold.training.rows(np.arange(fold.training.count))
        weight = training.weight[fold.number][: len(rows)].astype(float)
        assert np.allclose(measure(event.values[rows], event.present[rows], weight), fold.knots["event"], atol=1e-3)
        expected = standardise(event.values, event.present, fold.knots["event"])
        assert np.array_equal(events.own["event"][fold.number], expected)


def test_windows_hold_the_same_events_as_the_whole(folded):
    events, training, validation = folded.whole(range(3))
    places = np.random.default_rng(1).permutation(folded.batch_order.places)[:40]
    for window, chosen in ((folded.window, training), (folded.validation_window, validation)):
        some = places % chosen.rows.shape[1]
        alone, its = window(1, some)
        rows = chosen.rows[1][some]
        assert np.array_equal(its.weight[0], chosen.weight[1][some])
        assert np.array_equal(alone.own["event"][0][its.rows[0]], events.own["event"][1][rows])
        assert np.array_equal(alone.label[its.rows[0]], events.label[rows])
        assert np.array_equal(alone.scale[0], events.scale[1])


def test_the_scale_of_a_target_is_weighted(pulses):
    settings = TrainingSettings(folds=3, batch_size=64, loss=Gaussian())
    folded = fold_inputs(sort_inputs([pulses(600)]), settings)
    arrays = folded.events.arrays
    for fold in folded.folds:
        rows = fold.training.rows(np.arange(fold.training.count))
        target, weight = arrays["target"][rows, 0].astype(float), arrays["weight"][rows]
        expected = [np.average(target, weights=weight), np.sqrt(np.cov(target, aweights=weight, ddof=0))]
        assert fold.scale[0] == pytest.approx(expected, rel=1e-6)
        assert np.mean(weight * fold.factors[arrays["label"][rows]]) == pytest.approx(1)


def test_a_target_has_to_vary(pulses):
    inputs = pulses(200)
    inputs.target[:] = 3
    with pytest.raises(TrainingError, match="the target 'depth' never varies among the training events of fold 0"):
        fold_inputs(sort_inputs([inputs]), TrainingSettings(folds=3, loss=Gaussian()))


def test_few_validation_events_can_be_asked_for(gaussians, small_settings):
    folded = fold_inputs(sort_inputs([gaussians(900)]), override(small_settings, {"validation_events": 50}))
    assert [fold.validation.count for fold in folded.folds] == [50, 50, 50]
    assert folded.validation_places == 50
