"""Uncertainties in two parts, of which one falls with more events."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import entropy

from analysis.errors import TrainingError
from analysis.events.identity import identify
from analysis.learning.application.scores import Scores, concatenate, score
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.evaluation.uncertainty import of_classes, of_targets
from analysis.learning.loss_settings import Gaussian, LossSettings, VariationalGaussian
from analysis.learning.networks.bayesian_settings import BayesianSettings
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.settings import TrainingSettings
from analysis.learning.training.train import train
from analysis.study import Step

DENSE = Step("analysis.learning.networks.dense:build", DenseSettings(hidden=(32,), dropout=0.0, segments=0))
LINEAR = Step("analysis.learning.networks.bayesian:build", BayesianSettings(hidden=(), start=0.05, draws=50))
NOISE = 0.5


def scores_of(by_seed: Any) -> Scores:
    by_seed = np.asarray(by_seed, np.float32)
    return Scores(np.zeros(by_seed.shape[1], np.uint64), by_seed.mean(axis=0), ("one",) * by_seed.shape[2], by_seed)


def test_parts_of_an_entropy_add_up() -> None:
    by_seed = np.random.default_rng(1).dirichlet(np.ones(4), (6, 50))
    found = of_classes(scores_of(by_seed))
    assert np.allclose(found.total, entropy(by_seed.mean(axis=0), axis=1), rtol=1e-5)
    assert np.allclose(found.aleatoric, entropy(by_seed, axis=2).mean(axis=0), rtol=1e-5)
    assert np.allclose(found.aleatoric + found.epistemic, found.total)
    assert (found.epistemic > 0).all()


def test_members_that_agree_know_all_there_is() -> None:
    by_seed = np.broadcast_to(np.random.default_rng(1).dirichlet(np.ones(3), 20), (4, 20, 3))
    assert np.allclose(of_classes(scores_of(by_seed)).epistemic, 0, atol=1e-6)


def test_parts_of_a_variance_are_those_of_a_mixture() -> None:
    random = np.random.default_rng(1)
    mean, deviation = random.normal(size=(5, 30, 2)), random.uniform(0.5, 2, (5, 30, 2))
    found = of_targets(scores_of(np.concatenate([mean, deviation], axis=2)))
    drawn = mean[:, None] + deviation[:, None] * random.normal(size=(5, 4000, 30, 2))
    assert np.allclose(found.total, drawn.reshape(-1, 30, 2).std(axis=0), rtol=0.03)
    assert np.allclose(found.total**2, found.aleatoric**2 + found.epistemic**2)
    assert np.allclose(found.epistemic, mean.std(axis=0), rtol=1e-5)


def test_one_network_is_no_ensemble() -> None:
    alone = Scores(np.zeros(3, np.uint64), np.ones((3, 2), np.float32), ("one", "two"))
    with pytest.raises(TrainingError, match="single network"):
        of_classes(alone)


def line(events: int, first: int = 0) -> TrainingInputs:
    """A straight line with noise; the feature is as wide as a standardised one and enters as it is."""
    random = np.random.default_rng(events + first)
    x = random.normal(size=events).astype(np.float32)
    return TrainingInputs(
        features={"event": Features(x[:, None], np.ones((events, 1), np.bool_))},
        label=np.zeros(events, np.int32),
        target=(0.8 * x + NOISE * random.normal(size=events)).astype(np.float32)[:, None],
        weight=np.ones(events),
        identity=identify("line", first, events),
        trainable=np.ones(events, np.bool_),
        classes=("simulated",),
        targets=("y",),
        spectators={},
    )


@pytest.mark.long
def test_draws_of_a_seed_are_one_member_of_its_ensemble(tmp_path: Path) -> None:
    settings = TrainingSettings(folds=3, seeds=2, epochs=1, patience=1, batch_size=30, loss=VariationalGaussian())
    found = score(train(line(90), LINEAR, settings, checkpoints=tmp_path), line(20, 10_000))
    assert len(found.by_seed) == 2
    for drawn, seed in zip(np.split(found.drawn, 2), found.by_seed, strict=True):
        assert len(drawn) > 2
        assert np.ptp(drawn[..., 0], axis=0).min() > 0
        assert np.allclose(seed[:, 0], drawn[..., 0].mean(axis=0), rtol=1e-5, atol=1e-6)
        assert np.all(seed[:, 1] ** 2 > (drawn[..., 1] ** 2).mean(axis=0))
    # all draws tell what is not known, not the two seeds
    assert np.allclose(of_targets(found).epistemic[:, 0], found.drawn[..., 0].std(axis=0), rtol=1e-5)
    found.save(tmp_path / "scores")
    again = Scores.load(tmp_path / "scores")
    assert np.array_equal(again.select(slice(3, 9)).drawn, found.drawn[:, 3:9])
    assert np.array_equal(concatenate([again.select(slice(0, 5)), again.select(slice(5, 20))]).drawn, found.drawn)


# events, epochs, batch size and learning rate of a short and of a long training
DENSE_STEPS = ((90, 120, 30, 5e-3), (3000, 20, 50, 5e-3))
LINEAR_STEPS = ((150, 250, 50, 2e-2), (3000, 40, 50, 2e-2))


@pytest.mark.long
@pytest.mark.parametrize(
    ("network", "loss", "seeds", "steps"),
    [(DENSE, Gaussian(), 4, DENSE_STEPS), (LINEAR, VariationalGaussian(), 1, LINEAR_STEPS)],
)
def test_more_events_reduce_the_epistemic_part_alone(
    network: Step, loss: LossSettings, seeds: int, steps: Any, tmp_path: Path
) -> None:
    fresh, found = line(500, 10_000), {}
    for events, epochs, size, rate in steps:
        settings = TrainingSettings(
            folds=3, seeds=seeds, epochs=epochs, patience=epochs, batch_size=size, learning_rate=rate, loss=loss
        )
        trained = train(line(events), network, settings, checkpoints=tmp_path / str(events))
        found[events] = of_targets(score(trained, fresh))
    few, many = found.values()
    assert np.median(many.aleatoric) == pytest.approx(NOISE, rel=0.04)
    assert np.median(few.aleatoric) == pytest.approx(NOISE, rel=0.35)
    assert np.median(many.epistemic) < 0.45 * np.median(few.epistemic)
    if loss.name == "variational_gaussian":
        # the posterior of a linear model, for the events that a fold's network learns from
        x = np.abs(fresh.features["event"].values[:, 0])
        for events, own in found.items():
            ratio = np.median(own.epistemic[:, 0] / x) / (NOISE / (events / 3) ** 0.5)
            assert ratio == pytest.approx(1.0, abs=0.25)
