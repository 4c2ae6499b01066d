"""Distances of normal distributions, which are known, and of samples that are alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import kstest, wasserstein_distance

from analysis.errors import DataError, TrainingError
from analysis.events.identity import identify
from analysis.learning.data.device_inputs import BatchInputs
from analysis.learning.evaluation.distances import Samples, correlations, measure, random_directions, wasserstein
from analysis.learning.losses.loss import Truth
from analysis.learning.sample_settings import SampleEvaluation
from analysis.learning.training.monitoring import DIRECTIONS, METRICS

Draw = Callable[[np.random.Generator, int], NDArray[np.float64]]


def normal(random: np.random.Generator, events: int) -> NDArray[np.float64]:
    """Two variables of widths 1 and 10."""
    return random.normal(size=(events, 2)) * [1.0, 10.0]


def samples(draw: Draw, events: int, experiment: int = 0) -> Samples:
    random = np.random.default_rng(experiment)
    return Samples(
        ("a", "b"),
        normal(random, events),
        draw(random, events),
        random.uniform(0.5, 1.5, events),
        identify(f"experiment {experiment}", 0, events),
    )


def near(found: dict[str, Any], expected: float) -> bool:
    # of samples that differ much, chance adds little
    return abs(found["value"] - expected) < 4 * found["uncertainty"]


def test_it_is_scipys_distance_for_each_choice_of_weights(generator: np.random.Generator) -> None:
    values, weight = generator.normal(size=(80, 3)), generator.uniform(0.5, 2.0, (4, 80))
    shares = np.concatenate([weight[:, :50] / weight[:, :50].sum(1)[:, None], np.zeros((4, 30))], axis=1)
    shares[:, 50:] = -weight[:, 50:] / weight[:, 50:].sum(1)[:, None]
    expected = [
        [wasserstein_distance(values[:50, k], values[50:, k], row[:50], row[50:]) for k in range(3)] for row in weight
    ]
    assert np.allclose(wasserstein(values, shares), expected)


def test_trainings_are_watched_with_the_same_distance(generator: np.random.Generator) -> None:
    target, predicted, weight = (
        generator.normal(size=(90, 3)),
        generator.normal(0.5, 1.0, (90, 3)),
        generator.uniform(1, 2, 90),
    )
    truth = Truth(jnp.zeros(90, int), jnp.asarray(target), jnp.zeros((3, 2)), BatchInputs({}, {}))
    watched = METRICS["sliced_wasserstein"].compute(jnp.asarray(predicted), truth, jnp.asarray(weight))
    directions = np.array(jax.random.normal(jax.random.key(0), (3, DIRECTIONS)))
    directions /= np.linalg.norm(directions, axis=0)
    share = weight / weight.sum()
    width = np.sqrt(share @ (target - share @ target) ** 2)
    both = np.concatenate([predicted, target]) / width @ directions
    found = wasserstein(both, np.concatenate([share, -share])[np.newaxis])
    assert float(watched) == pytest.approx(found.mean(), rel=1e-4)


def test_the_distance_of_a_shift_is_the_shift() -> None:
    found = measure(
        samples(lambda random, n: normal(random, n) + np.array([0.5, 0.0]), 4000), SampleEvaluation(replicas=40)
    )
    assert found["events"][0] + found["events"][1] == 4000
    assert near(found["wasserstein"]["a"], 0.5)
    assert found["wasserstein"]["a"]["uncertainty"] == pytest.approx(2 / 4000**0.5, rel=0.3)
    assert found["wasserstein"]["a"]["p_value"] == 1 / 41
    assert found["wasserstein"]["b"]["p_value"] > 0.02
    # the mean over directions in a plane
    assert near(found["sliced_wasserstein"], 0.5 * 2 / np.pi)


def test_the_distance_of_a_width_is_known() -> None:
    found = measure(samples(lambda random, n: 1.5 * normal(random, n), 4000), SampleEvaluation(replicas=40))
    for name in ("a", "b"):
        assert near(found["wasserstein"][name], 0.5 * (2 / np.pi) ** 0.5)
    assert near(found["sliced_wasserstein"], 0.5 * (2 / np.pi) ** 0.5)


def test_a_correlation_is_missed() -> None:
    def independent(random: np.random.Generator, events: int) -> NDArray[np.float64]:
        return normal(random, events)

    some = samples(independent, 4000)
    some.true[:, 1] += 10.0 * some.true[:, 0]
    found = measure(some, SampleEvaluation(replicas=40))
    assert found["correlation"]["pair"] == ["a", "b"]
    assert near(found["correlation"], 0.5**0.5)
    assert found["correlation"]["p_value"] == 1 / 41
    assert np.allclose(found["correlations"]["true"], np.corrcoef(some.true.T), atol=0.05)
    assert np.allclose(found["correlations"]["generated"], np.eye(2), atol=0.1)


def test_correlations_are_numpys(generator: np.random.Generator) -> None:
    values, weight = generator.normal(size=(50, 3)), generator.uniform(1, 2, 50)
    values[:, 2] += values[:, 0]
    covariance = np.cov(values.T, aweights=weight)
    width = np.sqrt(np.diag(covariance))
    assert np.allclose(correlations(values, weight), covariance / np.outer(width, width))
    # what a generator makes all the same has none
    values[:, 1] = 0.1
    assert np.allclose(correlations(values, weight)[1], [0, 1, 0])


@pytest.fixture(scope="module")
def alike() -> list[dict[str, Any]]:
    """Measures of samples of one distribution, again and again."""
    settings = SampleEvaluation(directions=8, replicas=30)
    return [measure(samples(normal, 300, experiment), settings) for experiment in range(1, 121)]


@pytest.mark.parametrize("name", ["sliced_wasserstein", "correlation", "a", "b"])
def test_samples_that_are_alike_pass_as_often_as_p_values_say(alike: list[dict[str, Any]], name: str) -> None:
    found = [one[name] if name in one else one["wasserstein"][name] for one in alike]
    assert kstest([one["p_value"] - 0.5 / 31 for one in found], "uniform").pvalue > 0.01
    pulls = np.array([(one["value"] - one["halves"]) / one["halves_spread"] for one in found])
    assert abs(pulls.mean()) < 4 / len(pulls) ** 0.5
    assert pulls.std() == pytest.approx(1.0, abs=0.3)


def test_the_bootstrap_tells_the_spread_over_experiments() -> None:
    settings = SampleEvaluation(directions=8, replicas=30)
    found = [
        measure(samples(lambda random, n: normal(random, n) + np.array([1.0, 0.0]), 300, experiment), settings)
        for experiment in range(60)
    ]
    for one in ([f["wasserstein"]["a"] for f in found], [f["sliced_wasserstein"] for f in found]):
        assert np.std([f["value"] for f in one]) == pytest.approx(np.mean([f["uncertainty"] for f in one]), rel=0.3)


def test_directions_are_of_length_1() -> None:
    directions = random_directions(4, 9, np.random.default_rng(1))
    assert np.allclose(np.linalg.norm(directions, axis=0), 1.0)


def test_what_cannot_be_compared_is_told() -> None:
    some = samples(normal, 40)
    with pytest.raises(DataError, match=r"true values have the shape \(40, 2\), not \(40, 1\)"):
        Samples(("a",), some.true, some.generated, some.weight, some.identity)
    broken = some.generated.copy()
    broken[3, 1] = np.nan
    with pytest.raises(DataError, match=r"'b' of the generated event 3 (.|\n)*leave such events out"):
        Samples(("a", "b"), some.true, broken, some.weight, some.identity)
    with pytest.raises(DataError, match="'b' is the same in all 40 true events"):
        Samples(("a", "b"), some.true * [1, 0], some.generated, some.weight, some.identity)
    with pytest.raises(TrainingError, match="are too few to compare"):
        measure(samples(normal, 8), SampleEvaluation())
