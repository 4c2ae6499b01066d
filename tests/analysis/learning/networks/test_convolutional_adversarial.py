"""A generator of images and its critic."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from analysis.errors import StudyError, TrainingError
from analysis.events.identity import identify
from analysis.learning.data.device_inputs import BatchInputs
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.loss_settings import Wasserstein
from analysis.learning.losses.by_name import loss_of
from analysis.learning.losses.loss import Truth
from analysis.learning.networks.convolutional_adversarial import (
    ConvolutionalAdversarial,
    ConvolutionalAdversarialSettings,
    build,
)
from analysis.learning.optimizer_settings import Adam, Constant
from analysis.learning.settings import TrainingSettings
from analysis.learning.training.network_state import split_network
from analysis.learning.training.train import train
from analysis.study import Step

pytestmark = pytest.mark.long
QUICK = pytest.mark.usefixtures("quick_compilation")
SHAPES = {"energy": (1,), "noise": (4,)}
PIXELS = 5 * 3 * 2


def settings_for(*image: int) -> ConvolutionalAdversarialSettings:
    return ConvolutionalAdversarialSettings(
        image=image, channels=(4, 3), critic_channels=(3, 4), hidden=(8,), critic=(8,)
    )


SETTINGS = settings_for(5, 3, 2)
draw = nnx.jit(lambda networks, *inputs: networks(*inputs))
rate = nnx.jit(lambda networks, *inputs: networks.criticise(*inputs))


@pytest.fixture
def networks() -> ConvolutionalAdversarial:
    return nnx.jit(lambda: build(SHAPES, PIXELS, nnx.Rngs(params=0, dropout=1), SETTINGS))()  # type: ignore[return-value]


def events(number: int) -> tuple[Any, Any]:
    random = np.random.default_rng(1)
    values = {name: random.normal(size=(number, *shape)).astype(np.float32) for name, shape in SHAPES.items()}
    return values, {name: np.ones(array.shape, bool) for name, array in values.items()}


@QUICK
def test_noise_is_drawn_in_training_and_given_afterwards(networks: ConvolutionalAdversarial) -> None:
    values, present = events(5)
    first, second = draw(networks, values, present), draw(networks, values, present)
    assert first.shape == (5, PIXELS)
    assert not np.array_equal(first, second)
    networks.eval()
    kept = draw(networks, values, present)
    assert np.array_equal(kept, draw(networks, values, present))
    for name in SHAPES:
        changed = np.abs(kept - draw(networks, {**values, name: values[name] + 1}, present))
        # every pixel of every image
        assert changed.min() > 1e-6, name


@QUICK
def test_the_critic_sees_every_pixel_and_conditions_and_no_noise(networks: ConvolutionalAdversarial) -> None:
    values, present = events(5)
    image = jnp.asarray(np.random.default_rng(2).normal(size=(5, PIXELS)), jnp.float32)
    found = rate(networks, values, present, image)
    assert found.shape == (5,)
    assert np.array_equal(found, rate(networks, {**values, "noise": values["noise"] + 1}, present, image))
    assert not np.array_equal(found, rate(networks, {**values, "energy": values["energy"] + 1}, present, image))

    @nnx.jit
    def slope_of(networks: Any) -> Any:
        return jax.grad(lambda image: jnp.sum(networks.criticise(values, present, image)))(image)

    assert (slope_of(networks) != 0).all()


@QUICK
@pytest.mark.parametrize("image", [(5, 3, 2), (8, 8), (7, 4, 1), (1, 5), (1, 1), (9, 2, 3)])
def test_shapes(image: tuple[int, ...]) -> None:
    pixels = int(np.prod(image))
    values, present = events(6)

    def found() -> Any:
        networks = build(SHAPES, pixels, nnx.Rngs(0), settings_for(*image))
        images = networks(values, present)
        return images, networks.criticise(values, present, images)  # type: ignore[attr-defined]

    assert [array.shape for array in nnx.eval_shape(found)] == [(6, pixels), (6,)]


@QUICK
def test_the_order_of_targets_is_row_column_channel(networks: ConvolutionalAdversarial) -> None:
    """A bias of the last convolution moves one channel of all pixels."""
    networks.eval()
    before = draw(networks, *events(3)).reshape(3, 5, 3, 2)
    last = networks.generator.upsamplings[-1]
    last.bias[...] = jnp.array([1.0, 0.0])
    moved = draw(networks, *events(3)).reshape(3, 5, 3, 2) - before
    assert np.allclose(moved, np.array([1.0, 0.0]), atol=1e-6)


@QUICK
def test_the_critics_convolution_is_a_sum_over_every_second_window(networks: ConvolutionalAdversarial) -> None:
    """One that is linear, with one channel: the pixels beyond the edges are zeros."""
    image = np.random.default_rng(3).normal(size=(1, 5, 3, 2)).astype(np.float32)
    critic = networks.critic
    kernel = np.asarray(critic.layers[0].kernel[...]).reshape(3, 3, 2, 3)
    padded = np.pad(image[0], ((1, 1), (1, 1), (0, 0)))
    expected = [
        [np.einsum("ijc,ijco->o", padded[y : y + 3, x : x + 3], kernel) for x in range(0, 3, 2)] for y in range(0, 5, 2)
    ]
    found = critic.convolve(jnp.asarray(image), critic.layers[0])
    assert np.allclose(found[0], jax.nn.silu(np.array(expected)), atol=1e-5)


def critic_loss(networks: nnx.Module) -> tuple[Any, Any]:
    """The critic's loss, with its penalty, and its gradient as a function of all parameters, and those."""
    loss = loss_of(Wasserstein(penalty=10.0))
    values, present = events(4)
    inputs = BatchInputs(jax.tree.map(jnp.asarray, values), jax.tree.map(jnp.asarray, present))
    target = jnp.asarray(np.random.default_rng(2).normal(size=(4, PIXELS)), jnp.float32)
    truth = Truth(jnp.zeros(4, int), target, jnp.tile(jnp.array([0.0, 1.0]), (PIXELS, 1)), inputs)
    graph, (params, *rest) = nnx.graphdef(networks), split_network(networks)

    @jax.jit
    @jax.value_and_grad
    def total(params: Any) -> Any:
        return jnp.sum(loss.losses_of("critic", nnx.merge(graph, params, *rest), inputs, truth))

    return total, params


@QUICK
def test_the_gradient_of_the_penalty_is_that_of_numerical_differences(networks: ConvolutionalAdversarial) -> None:
    total, params = critic_loss(networks)
    _, gradient = total(params)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(gradient))
    # the generator stands still
    assert not any(np.any(leaf) for leaf in jax.tree.leaves(gradient["generator"]))
    for layer in gradient["critic"]["layers"].values():
        # of a map of few pixels, some places of a window are always beyond an edge
        assert (layer["kernel"] != 0).mean() > 0.3
    random = np.random.default_rng(4)
    for _ in range(3):
        way = jax.tree.map(lambda leaf: random.normal(size=leaf.shape).astype(np.float32), params["critic"])
        there, back = (
            float(total({**params, "critic": jax.tree.map(partial(move, step), params["critic"], way)})[0])
            for step in (1e-3, -1e-3)
        )
        exact = sum(
            float(jnp.vdot(*pair)) for pair in zip(*map(jax.tree.leaves, (gradient["critic"], way)), strict=True)
        )
        assert (there - back) / 2e-3 == pytest.approx(exact, rel=0.01)


def move(step: float, leaf: Any, way: Any) -> Any:
    return leaf + step * way


@QUICK
def test_what_is_not_an_image_is_named() -> None:
    with pytest.raises(TrainingError, match=r"\(5, 3, 2\) of 30 values, and the events have 29 targets\n.*set image"):
        build(SHAPES, 29, nnx.Rngs(0), SETTINGS)
    with pytest.raises(TrainingError, match="'noise', which the events do not have"):
        build({"energy": (1,)}, PIXELS, nnx.Rngs(0), SETTINGS)


@pytest.mark.parametrize(
    "changes",
    [{"image": (5,)}, {"image": (0, 5)}, {"channels": ()}, {"critic_channels": (0,)}, {"kernel": 2}, {"critic": (0,)}],
)
def test_wrong_settings(changes: dict[str, Any]) -> None:
    with pytest.raises(StudyError, match=next(iter(changes))):
        ConvolutionalAdversarialSettings(**{"image": (5, 5), **changes})


HEIGHT, WIDTH = 5, 4


def draw_spots(events: int, seed: int) -> tuple[TrainingInputs, Any]:
    """Images with one spot: a condition knows its column, and nothing its row."""
    random = np.random.default_rng(seed)
    along, across = random.uniform(-1, 1, (2, events))
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    distance = (x - 1.5 - along[:, None, None]) ** 2 + (y - 2 - 1.2 * across[:, None, None]) ** 2
    image = np.exp(-distance / 2) + 0.05 * random.normal(size=distance.shape)
    everywhere = np.ones((events, 1), bool)
    inputs = TrainingInputs(
        features={
            "along": Features(along[:, None].astype(np.float32), everywhere, ("along",)),
            "noise": Features(random.normal(size=(events, 4)).astype(np.float32), np.ones((events, 4), bool)),
        },
        label=np.zeros(events, np.int32),
        target=image.reshape(events, -1).astype(np.float32),
        weight=np.ones(events),
        identity=identify("spots", seed, events),
        trainable=np.ones(events, bool),
        classes=("simulated",),
        targets=tuple(f"pixel_{number}" for number in range(HEIGHT * WIDTH)),
    )
    return inputs, along


def places_of(images: Any) -> tuple[Any, Any]:
    """Row and column of the brightest pixels' mean."""
    bright = np.maximum(images.reshape(-1, HEIGHT, WIDTH) - 0.2, 0)
    light = bright.sum(axis=(1, 2))
    return (bright.sum(axis=2) @ np.arange(HEIGHT)) / light, (bright.sum(axis=1) @ np.arange(WIDTH)) / light


def test_it_learns_where_a_spot_is(tmp_path: Path, quick_compilation: None) -> None:
    network = Step(
        "analysis.learning.networks.convolutional_adversarial:build",
        ConvolutionalAdversarialSettings(
            image=(HEIGHT, WIDTH), channels=(12,), critic_channels=(12,), hidden=(32,), critic=(32,)
        ),
    )
    settings = TrainingSettings(
        folds=3,
        epochs=24,
        batch_size=200,
        learning_rate=5e-3,
        gradient_clip=0.0,
        optimizer=Adam(b1=0.0, b2=0.9),
        schedule=Constant(),
        patience=24,
        averaging=0.98,
        loss=Wasserstein(critic_steps=3, penalty=1.0),
        validation="sliced_wasserstein",
        validation_events=300,
    )
    inputs, _ = draw_spots(2400, 1)
    trained = train(inputs, network, settings, checkpoints=tmp_path)
    fresh, along = draw_spots(2400, 2)
    drawn, true = trained.predictions(fresh), fresh.target
    for part in (along < -0.3, np.abs(along) < 0.3, along > 0.3):
        assert true[part].mean(axis=0).max() > 0.4
        assert np.abs(drawn[part].mean(axis=0) - true[part].mean(axis=0)).max() < 0.1
    (row, column), (true_row, true_column) = places_of(drawn), places_of(true)
    slope, true_slope = (np.polyfit(along, place, 1)[0] for place in (column, true_column))
    assert slope == pytest.approx(true_slope, rel=0.2)
    # no condition knows the row: the noise decides
    assert row.mean() == pytest.approx(true_row.mean(), abs=0.15)
    assert row.std() == pytest.approx(true_row.std(), rel=0.2)
    assert abs(np.corrcoef(row, along)[0, 1]) < 0.15
