"""A network in fixed point, and the same in integers."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from analysis.errors import StudyError, TrainingError
from analysis.learning.data.features import Features
from analysis.learning.export.exported import check, export
from analysis.learning.networks.quantised import Quantised, build, integers
from analysis.learning.networks.quantised_settings import FixedPoint, QuantisedSettings
from analysis.learning.training.train import train
from analysis.study import Step

BUILD = "analysis.learning.networks.quantised:build"
SMALL = QuantisedSettings(hidden=(12, 8), inputs=FixedPoint(8, 3))
pytestmark = pytest.mark.usefixtures("quick_compilation")


def network(settings: QuantisedSettings = SMALL, features: int = 6, seed: int = 0) -> Quantised:
    built: Any = nnx.jit(lambda: build({"event": (features,)}, 2, nnx.Rngs(seed), settings))()
    random = np.random.default_rng(seed)
    for layer in built.layers:
        # biases begin at zero
        layer.bias[...] = jnp.asarray(random.normal(size=layer.bias.shape), jnp.float32)
    built.eval()
    return built


@nnx.jit
def computed(network: Quantised, features: Any) -> jax.Array:
    return network({"event": features}, {"event": jnp.ones(features.shape, bool)})


def outputs(network: Quantised, features: np.ndarray) -> np.ndarray:
    return np.asarray(computed(network, features.astype(np.float32)))


def random_settings(random: np.random.Generator) -> QuantisedSettings:
    def number(low: int, high: int, signed: bool, integer: int) -> FixedPoint:
        return FixedPoint(int(random.integers(low, high)), integer + int(random.integers(-1, 2)), signed)

    return QuantisedSettings(
        hidden=tuple(int(width) for width in random.integers(1, 20, random.integers(0, 4))),
        inputs=number(2, 11, bool(random.integers(2)), 3),
        weights=number(2, 7, True, 1),
        biases=number(2, 9, True, 2),
        activations=number(1, 9, False, 3),
        kept=float(random.choice([1.0, 0.6, 0.3])),
        reference=bool(random.integers(2)),
    )


@pytest.mark.long
@pytest.mark.parametrize("seed", range(8))
def test_single_precision_and_integers_agree_to_the_last_bit(seed: int) -> None:
    random = np.random.default_rng(seed)
    settings = random_settings(random)
    built = network(settings, features=int(random.integers(1, 12)), seed=seed)
    exact = integers(built)
    # with what is beyond all numbers, and numbers themselves
    features = random.normal(0, 4, (300, exact.widths[0])).astype(np.float32)
    features[:100] = np.round(features[:100])
    found, expected = outputs(built, features), exact.evaluate(exact.round(features))
    assert np.array_equal(np.asarray(found, np.float64)[:, int(settings.reference) :], expected * exact.step)
    assert not settings.reference or not found[:, 0].any()


def test_integers_are_computed_as_by_hand() -> None:
    numbers = QuantisedSettings(
        hidden=(1,),
        inputs=FixedPoint(4, 4, signed=False),
        weights=FixedPoint(4, 2),
        biases=FixedPoint(6, 3),
        activations=FixedPoint(3, 3, signed=False),
    )
    built = network(numbers, features=2)
    for layer, kernel, bias in zip(built.layers, ([[0.6], [-5.0]], [[1.1]]), ([0.3], [-0.2]), strict=True):
        layer.kernel[...], layer.bias[...] = jnp.array(kernel), jnp.array(bias)
    exact = integers(built)
    # weights are 0.5, -2 and 1, biases 0.25 and -0.25; all sums have steps of 1/8
    assert [array.tolist() for array in (*exact.weights, *exact.biases)] == [[[4], [-16]], [[8]], [2], [-2]]
    assert exact.fractions == (3, 3)
    features = np.array([[3.99, -1.0], [99.0, 0.0], [0.0, 5.0]])
    assert exact.round(features).tolist() == [[3, 0], [15, 0], [0, 5]]
    # 3 / 2 + 0.25 becomes 1, 15 / 2 + 0.25 becomes 7, what is negative 0
    assert (exact.evaluate(exact.round(features)) * exact.step).tolist() == [[0.75], [6.75], [-0.25]]
    assert (exact.parameters, exact.kept, exact.widths) == (5, 1.0, (2, 1, 1))


def surrogate(built: Quantised, features: np.ndarray) -> Any:
    """The sum of squared outputs as a function of kernels and biases, in numpy: cut off, and moved by what was rounded.

    That is found in the first call, and stays the same afterwards, as does which weights are kept.
    """
    settings = built.settings
    moved: dict[str, np.ndarray] = {}

    def number(values: np.ndarray, numbers: FixedPoint, place: str, rounded: Any, kept: Any = True) -> np.ndarray:
        limited = np.clip(values, numbers.lowest * numbers.step, numbers.highest * numbers.step)
        if place not in moved:
            moved[place] = np.where(kept, rounded(limited / numbers.step) * numbers.step, 0) - limited
        return limited + moved[place]

    def value(kernels: list[np.ndarray], biases: list[np.ndarray]) -> float:
        columns = number(features.T.astype(float), settings.inputs, "inputs", np.floor)
        for layer, (kernel, bias) in enumerate(zip(kernels, biases, strict=True)):
            if layer:
                columns = number(columns, settings.activations, f"activations {layer}", np.floor)
            magnitude = np.abs(kernel)
            kept = magnitude >= np.sort(magnitude.ravel())[kernel.size - max(round(settings.kept * kernel.size), 1)]
            weights = number(kernel, settings.weights, f"kernel {layer}", np.round, kept)
            columns = weights.T @ columns + number(bias, settings.biases, f"bias {layer}", np.round)[:, None]
        return float(np.sum(columns**2))

    return value


@pytest.mark.long
@pytest.mark.parametrize("kept", [1.0, 0.5])
def test_gradients_are_those_of_the_surrogate(kept: float, gradients: Any) -> None:
    built = network(dataclasses.replace(SMALL, kept=kept), features=5)
    features = np.random.default_rng(2).normal(0, 2, (9, 5)).astype(np.float32)
    by_path = gradients(built, {"event": features}, {"event": np.ones(features.shape, bool)})
    found = {path.removesuffix(".value"): array for path, array in by_path.items()}
    arrays = [
        [np.asarray(getattr(layer, name)[...], np.float64) for layer in built.layers] for name in ("kernel", "bias")
    ]
    value = surrogate(built, features)
    start = value(*arrays)
    assert start == pytest.approx(float(np.sum(np.asarray(outputs(built, features)) ** 2)), rel=1e-6)
    compared = 0
    for layer in range(len(built.layers)):
        for kind, name in enumerate(("kernel", "bias")):
            for place in list(np.ndindex(arrays[kind][layer].shape)):
                differences = []
                for step in (1e-6, -1e-6):
                    moved = [[array.copy() for array in some] for some in arrays]
                    moved[kind][layer][place] += step
                    differences.append((value(*moved) - start) / step)
                # where a number begins to be cut off, there are two
                if np.isclose(differences[0], differences[1], rtol=1e-3, atol=1e-4):
                    gradient = found[f"layers.{layer}.{name}"][place]
                    assert gradient == pytest.approx(np.mean(differences), rel=2e-3, abs=1e-3)
                    compared += gradient != 0
    assert compared > 20


def test_pruning_keeps_the_share_of_each_layer_that_is_asked_for() -> None:
    built = network(
        QuantisedSettings(
            hidden=(30, 20),
            inputs=FixedPoint(4, 3),
            weights=FixedPoint(14, 2),
            activations=FixedPoint(4, 3, signed=False),
            kept=0.3,
        ),
        features=10,
    )
    exact = integers(built)
    for layer, weights in zip(built.layers, exact.weights, strict=True):
        magnitude, number = np.abs(layer.kernel[...]), round(0.3 * weights.size)
        assert np.count_nonzero(weights) == number
        assert magnitude[weights != 0].min() > magnitude[weights == 0].max()
    assert exact.kept == pytest.approx(0.3, abs=0.01)
    # there is always one left
    assert np.count_nonzero(integers(network(QuantisedSettings(hidden=(3,), kept=1e-3))).weights[0]) == 1


def test_weights_are_pruned_over_the_first_updates() -> None:
    settings = QuantisedSettings(
        hidden=(), weights=FixedPoint(12, 2), inputs=FixedPoint(4, 1), biases=FixedPoint(2, 1), kept=0.2, pruned_over=4
    )
    built = network(settings, features=10)
    ones = np.eye(10) * 2.0**-3
    built.layers[0].bias[...] = jnp.zeros(1)

    def kept() -> int:
        return int(np.count_nonzero(outputs(built, ones)[:, 1]))

    assert kept() == 2
    built.train()
    # 0.2 + 0.8 (1 - t / 4)^3 of 10 weights
    assert [kept() for _ in range(6)] == [10, 5, 3, 2, 2, 2]
    built.eval()
    assert kept() == 2


def counts(events: int) -> Any:
    """Classes that differ by where their counts are, and counts of an analogue-to-digital converter for them."""
    from tests.analysis.learning.conftest import draw_gaussians

    drawn = draw_gaussians(events)
    random = np.random.default_rng(3)
    label = (drawn.label > 0).astype(np.int32)
    trace = random.poisson(20 + 15 * np.outer(label, np.arange(8) < 3) * random.random((events, 1)))
    values = (trace * 2.0**-4).astype(np.float16)
    return dataclasses.replace(
        drawn,
        features={"trace": Features(values, np.ones(events, bool))},
        label=label,
        classes=("quiet", "pulse"),
        weight=np.ones(events),
    )


LEARNING = QuantisedSettings(
    hidden=(12,), inputs=FixedPoint(7, 3, signed=False), weights=FixedPoint(5, 1), kept=0.5, pruned_over=30
)


@pytest.fixture(scope="module")
def trained(small_settings: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    inputs = counts(1500)
    settings = dataclasses.replace(small_settings, metrics=("auc",))
    folder = tmp_path_factory.mktemp("training")
    jax.config.update("jax_disable_most_optimizations", True)
    try:
        return train(inputs, Step(BUILD, LEARNING), settings, checkpoints=folder), inputs
    finally:
        jax.config.update("jax_disable_most_optimizations", False)


@pytest.mark.long
def test_the_one_engine_trains_it(trained: Any) -> None:
    networks, inputs = trained
    first, last = (networks.history[epoch]["networks"] for epoch in (0, -1))
    for one, other in zip(first, last, strict=True):
        assert other["validation_loss"] < one["validation_loss"]
        assert other["metrics"]["auc"] > 0.8
    for fold in range(3):
        exact = integers(networks.module(fold))
        assert np.count_nonzero(exact.weights[0]) <= 48
        logit = exact.evaluate(exact.round(inputs.features["trace"].values)) * exact.step
        expected = np.asarray(jax.nn.softmax(jnp.pad(jnp.asarray(logit, jnp.float32), ((0, 0), (1, 0)))))
        assert np.array_equal(networks.predictions_of(fold, inputs), expected)


@pytest.mark.long
def test_a_killed_training_goes_on_with_its_pruning(trained: Any, small_settings: Any, tmp_path: Any) -> None:
    class Killed(Exception):
        pass

    def kill(entry: dict[str, Any]) -> None:
        if entry["epoch"] == 1:
            raise Killed

    networks, inputs = trained
    settings = dataclasses.replace(small_settings, metrics=("auc",))
    arguments: Any = (inputs, Step(BUILD, LEARNING), settings)
    with pytest.raises(Killed):
        train(*arguments, checkpoints=tmp_path, report=kill, checkpoint_seconds=0.0)
    again = train(*arguments, checkpoints=tmp_path)
    assert len(again.history) == len(networks.history)
    for name, array in networks.weights.items():
        assert np.array_equal(array, again.weights[name]), name


@pytest.mark.long
def test_exported_networks_are_the_same_to_the_last_bit(trained: Any, tmp_path: Any) -> None:
    networks, inputs = trained
    paths = tmp_path / "model.onnx", tmp_path / "model.stablehlo"
    export(networks, *paths, {})
    assert max(check(networks, *paths, inputs).values()) < 1e-6


def test_what_would_not_be_exact_is_refused() -> None:
    wide = dataclasses.replace(SMALL, inputs=FixedPoint(14, 14, signed=False), weights=FixedPoint(10, 1))
    with pytest.raises(TrainingError, match=r"sums of the layer 0 .* 16777216 that single precision") as error:
        network(wide, features=40)
    assert "fewer bits of weights, biases or inputs" in error.value.cure
    network(wide, features=1)
    with pytest.raises(TrainingError, match="in single precision only, not in bfloat16"):
        network()({"event": jnp.zeros((2, 6), jnp.bfloat16)}, {"event": jnp.ones((2, 6), bool)})
    with pytest.raises(TrainingError, match="a reference, which is always 0"):
        build({"event": (3,)}, 1, nnx.Rngs(0), SMALL)
    for changes in ({"activations": FixedPoint(8, 3)}, {"weights": FixedPoint(8, 3, signed=False)}, {"kept": 0.0}):
        with pytest.raises(StudyError, match=next(iter(changes))):
            dataclasses.replace(SMALL, **changes)
    with pytest.raises(StudyError, match="bits"):
        FixedPoint(1, 1)
