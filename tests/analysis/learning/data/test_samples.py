from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.events.identity import fold_of, identify
from analysis.events.noise import normal_numbers
from analysis.learning.application.scores import Scores
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs, concatenate
from analysis.learning.data.samples import compare, shows_generated
from analysis.learning.sample_settings import SampleSettings

ENERGY = Features(np.arange(100, dtype=np.float32)[:, None], np.ones((100, 1), bool), ("energy",))
NOISE = Features(np.zeros((100, 2), np.float32), np.ones((100, 2), bool))
TRUE = np.stack([np.arange(100), -np.arange(100)], axis=1).astype(np.float32)


@pytest.fixture
def inputs() -> TrainingInputs:
    """A hundred events, of which the first was measured and the second is not learned from."""
    label = np.zeros(100, np.int32)
    label[0] = -1
    return TrainingInputs(
        features={"event": ENERGY, "noise": NOISE},
        label=label,
        target=TRUE,
        weight=np.linspace(1.0, 2.0, 100),
        identity=identify("some", 0, 100),
        trainable=np.arange(100) > 1,
        classes=("simulated",),
        targets=("a", "b"),
        spectators={"place": np.arange(100.0)},
    )


def drawn(inputs: TrainingInputs) -> Scores:
    return Scores(inputs.identity, inputs.target + 1000, ("a", "b"))


def rows(inputs: TrainingInputs, names: tuple[str, ...]) -> list[NDArray[np.bool_]]:
    return [inputs.label == inputs.classes.index(name) for name in names]


def test_each_event_shows_its_truth_or_what_was_drawn(inputs: TrainingInputs) -> None:
    found = compare(inputs, drawn(inputs), SampleSettings())
    assert found.classes == ("true", "generated")
    true, generated = rows(found, found.classes)
    assert min(true.sum(), generated.sum()) > 30
    assert (true | generated).sum() == 99
    sample = found.features["sample"]
    assert sample.names == ("a", "b")
    assert (sample.values[true] == TRUE[true]).all()
    assert (sample.values[generated] == TRUE[generated] + 1000).all()
    # what the generator was given, without its random numbers and without the answer
    assert list(found.features) == ["event", "sample"]
    assert found.features["event"] is inputs.features["event"]
    assert (found.targets, found.target.shape) == ((), (100, 0))
    for name in ("weight", "identity", "trainable"):
        assert (getattr(found, name) == getattr(inputs, name)).all()
    assert (found.spectators["place"] == np.arange(100)).all()
    assert found.label[0] == -1


def test_the_scale_are_two_halves_of_the_truth(inputs: TrainingInputs) -> None:
    found = compare(inputs, drawn(inputs), SampleSettings(generated=False))
    assert (found.features["sample"].values == TRUE).all()
    assert (found.label == compare(inputs, drawn(inputs), SampleSettings()).label).all()


def test_nothing_depends_on_chunks(inputs: TrainingInputs) -> None:
    parts = [inputs.select(np.arange(100) < 37), inputs.select(np.arange(100) >= 37)]
    found = concatenate([compare(part, drawn(part), SampleSettings()) for part in parts])
    assert found.digest() == compare(inputs, drawn(inputs), SampleSettings()).digest()


def test_the_half_is_independent_of_fold_and_noise() -> None:
    identity = identify("many", 0, 200_000)
    half = shows_generated(identity)
    assert abs(half.mean() - 0.5) < 4 * 0.5 / len(half) ** 0.5
    for folds in (3, 5):
        shares = [half[fold_of(identity, folds) == fold].mean() for fold in range(folds)]
        assert np.abs(np.array(shares) - 0.5).max() < 4 * 0.5 / (len(half) / folds) ** 0.5
    noise = normal_numbers(identity, 3)
    assert np.abs(noise[half].mean(axis=0) - noise[~half].mean(axis=0)).max() < 4 * 2.0 / len(half) ** 0.5


def test_each_seed_drew_its_own(inputs: TrainingInputs) -> None:
    scores = drawn(inputs)
    scores = replace(scores, by_seed=np.stack([scores.predictions, scores.predictions + 1000]))
    _, generated = rows(compare(inputs, scores, SampleSettings()), ("true", "generated"))
    found = [compare(inputs, scores, SampleSettings(seed=seed)).features["sample"].values[generated] for seed in (0, 1)]
    assert (found[1] - found[0] == 1000).all()
    with pytest.raises(DataError, match="there are 2 seeds, and number 2 is asked for"):
        compare(inputs, scores, SampleSettings(seed=2))


def test_what_does_not_fit_is_told(inputs: TrainingInputs) -> None:
    scores = drawn(inputs)
    with pytest.raises(DataError, match="scores are not those of the inputs"):
        compare(inputs, scores.select(np.arange(99)), SampleSettings())
    with pytest.raises(DataError, match=r"predict a, a_uncertainty, and the events have the targets a, b(.|\n)*drawn"):
        compare(inputs, replace(scores, names=("a", "a_uncertainty")), SampleSettings())
    with pytest.raises(DataError, match="block 'sample'"):
        compare(replace(inputs, features={"sample": ENERGY}), scores, SampleSettings())
