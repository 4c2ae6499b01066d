"""Generated events of known quality: classifiers that are as good as can be, and seeds that differ by what is known."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

from analysis.events.identity import identify
from analysis.learning.application.scores import Scores
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.data.samples import compare
from analysis.learning.evaluation.samples import classifier_test, evaluate, samples_of
from analysis.learning.sample_settings import SampleEvaluation, SampleSettings
from analysis.results import Number, Table

TRAINING: Any = SimpleNamespace(settings=SimpleNamespace(folds=5))
SHIFT = 0.6


def drawn(name: str, events: int, shifts: tuple[float, ...]) -> tuple[TrainingInputs, Scores]:
    """Two normal targets of each event, and what generators of several seeds draw, shifted in the first one."""
    random = np.random.default_rng(events)
    inputs = TrainingInputs(
        features={"event": Features(np.zeros((events, 1), np.float32), np.ones((events, 1), bool), ("nothing",))},
        label=np.zeros(events, np.int32),
        target=random.normal(size=(events, 2)).astype(np.float32),
        weight=np.ones(events),
        identity=identify(name, 0, events),
        trainable=random.random(events) < 0.9,
        classes=("simulated",),
        targets=("x", "y"),
    )
    by_seed = random.normal(size=(len(shifts), events, 2)).astype(np.float32)
    by_seed[..., 0] += np.array(shifts)[:, None]
    return inputs, Scores(inputs.identity, by_seed[0], ("x", "y"), by_seed if len(shifts) > 1 else by_seed[:0])


def best_classifier(compared: TrainingInputs) -> Scores:
    """The likelihood ratio rises with the shifted target."""
    generated = ndtr(compared.features["sample"].values[:, 0])
    return Scores(compared.identity, np.stack([1 - generated, generated], axis=1), ("true", "generated"))


@pytest.mark.parametrize("shift", [0.0, SHIFT])
def test_the_area_is_that_of_two_normal_distributions(shift: float) -> None:
    inputs, scores = drawn("some", 8000, (shift,))
    compared = compare(inputs, scores, SampleSettings())
    found = classifier_test({"some": compared}, {"some": best_classifier(compared)}, 5)
    assert abs(found["value"] - ndtr(shift / 2**0.5)) < 4 * found["uncertainty"]
    assert found["uncertainty"] < 0.01
    assert found["p_value"] < 1e-6 if shift else found["p_value"] > 0.001


def test_areas_of_equal_samples_have_p_values_that_are_uniform() -> None:
    values = []
    for experiment in range(40):
        inputs, scores = drawn(f"experiment {experiment}", 300 + experiment, (0.0,))
        compared = compare(inputs, scores, SampleSettings())
        values.append(classifier_test({"some": compared}, {"some": best_classifier(compared)}, 3)["p_value"])
    assert np.mean(values) == pytest.approx(0.5, abs=4 * 12**-0.5 * 40**-0.5)
    assert np.std(values) == pytest.approx(12**-0.5, rel=0.35)


def test_all_of_it_is_told() -> None:
    events = {name: drawn(name, number, (SHIFT, 0.4, 1.0)) for name, number in (("some", 3000), ("more", 2000))}
    inputs = {name: both[0] for name, both in events.items()}
    scores = {name: both[1] for name, both in events.items()}
    arguments: dict[str, Any] = {}
    for argument, one in (("compared", SampleSettings()), ("halves", SampleSettings(generated=False))):
        arguments[argument] = {name: compare(inputs[name], scores[name], one) for name in events}
    for argument, name in (("discriminated", "compared"), ("halves_discriminated", "halves")):
        arguments[argument] = {one: best_classifier(value) for one, value in arguments[name].items()}
    settings = SampleEvaluation(replicas=20)
    found = json.loads(json.dumps(evaluate(TRAINING, scores, inputs, settings, **arguments)))
    numbers = {number.name: number for number in map(Number.from_json, found["numbers"])}
    assert list(numbers) == [
        *("generated_sliced_wasserstein", "generated_correlation", "generated_auc", "generated_auc_halves"),
        *("generated_sliced_wasserstein_seeds", "generated_correlation_seeds"),
    ]
    assert numbers["generated_auc"].value == pytest.approx(ndtr(SHIFT / 2**0.5), abs=0.03)
    assert numbers["generated_auc_halves"].value == pytest.approx(0.5, abs=0.03)
    # the first seed's own, and all three
    assert numbers["generated_sliced_wasserstein"].value == pytest.approx(SHIFT * 2 / np.pi, abs=0.05)
    seeds = numbers["generated_sliced_wasserstein_seeds"]
    expected = np.array([SHIFT, 0.4, 1.0]) * 2 / np.pi
    assert seeds.value == pytest.approx(expected.mean(), abs=0.03)
    assert seeds.stat == pytest.approx([expected.std(ddof=1)] * 2, abs=0.03)
    assert found["seeds"]["sliced_wasserstein"][0] == numbers["generated_sliced_wasserstein"].value
    (table,) = map(Table.from_json, found["tables"])
    assert len(table.axes[0].values) == 4
    assert "two halves of the truth" in found["headline"]["sliced Wasserstein distance"]
    # without a classifier, one seed
    alone = {name: replace(one, by_seed=one.by_seed[:0]) for name, one in scores.items()}
    found = evaluate(TRAINING, alone, inputs, replace(settings, name="alone"))
    assert [number["name"] for number in found["numbers"]] == ["alone_sliced_wasserstein", "alone_correlation"]
    assert (found["seeds"], found["classifier"]) == (None, {"generated": None, "halves": None})


def test_only_events_that_are_learned_from_are_compared() -> None:
    inputs, scores = drawn("some", 100, (SHIFT,))
    found = samples_of({"some": inputs}, {"some": scores, "other": scores})
    assert len(found.true) == inputs.trainable.sum()
    assert (found.true == inputs.target[inputs.trainable]).all()
    assert (found.generated == scores.predictions[inputs.trainable]).all()
