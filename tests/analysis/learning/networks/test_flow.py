"""The normalizing flow: inverse, log-determinant, and what it learns."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from analysis.errors import StudyError, TrainingError
from analysis.learning.networks.flow import Flow, FlowSettings, build
from analysis.learning.networks.recurrent_settings import RecurrentSettings
from analysis.study import Step

pytestmark = pytest.mark.long

SHAPES = {"event": (3,)}


def flow_of(targets: int, kind: str = "float32", spread: float = 0.5, **changes: Any) -> tuple[Flow, Any, Any, Any]:
    """A flow with random parameters, and events for it."""
    random = np.random.default_rng(1)
    flow = build(SHAPES, 2 * targets, nnx.Rngs(0), FlowSettings(layers=4, hidden=(8,), **changes))
    graph, state = nnx.split(flow)
    state = jax.tree.map(lambda leaf: jnp.asarray(random.normal(scale=spread, size=leaf.shape), kind), state)
    values = {"event": jnp.asarray(random.normal(size=(60, 3)), kind)}
    points = jnp.asarray(random.normal(size=(60, targets)), kind)
    return nnx.merge(graph, state), values, {"event": jnp.ones((60, 3), bool)}, points  # type: ignore[return-value]


@pytest.mark.parametrize("targets", [1, 3])
@pytest.mark.parametrize(("kind", "tolerance"), [("float32", 1e-5), ("float64", 1e-10)])
def test_inverse_and_log_determinant(targets: int, kind: str, tolerance: float, quick_compilation: None) -> None:
    def compare(values: Any, present: Any, points: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        def one(point: jax.Array, event: jax.Array) -> jax.Array:
            return flow.draw({"event": event[None]}, {"event": jnp.ones((1, 3), bool)}, point[None])[0]

        drawn = flow.draw(values, present, points)
        slopes = jax.vmap(jax.jacobian(one))(points, values["event"])
        return drawn, flow.log_density(values, present, drawn), jnp.linalg.slogdet(slopes)[1]

    with jax.enable_x64(kind == "float64"):
        flow, values, present, points = flow_of(targets, kind)
        drawn, density, logarithm = jax.jit(compare)(values, present, points)
        assert drawn.dtype == kind
        assert np.abs(drawn - points).max() > 0.1
        # the density of what is drawn is that of the normal numbers by the determinant
        normal = -0.5 * np.sum(points**2, axis=1) - 0.5 * targets * np.log(2 * np.pi)
        steep = np.exp(np.abs(logarithm)).max()
        assert np.allclose(density, normal - logarithm, rtol=tolerance, atol=steep * tolerance)


def test_the_density_of_two_targets_adds_up_to_one(quick_compilation: None) -> None:
    flow, values, _, _ = flow_of(2, spread=0.2)
    edges = jnp.linspace(-6, 6, 241)
    grid = jnp.stack(jnp.meshgrid(edges, edges), axis=-1).reshape(-1, 2)
    many = {"event": jnp.broadcast_to(values["event"][:1], (len(grid), 3))}
    density = jax.jit(lambda *given: jnp.exp(flow.log_density(*given)))
    found = density(many, {"event": jnp.ones((len(grid), 3), bool)}, grid)
    assert float(jnp.sum(found)) * 0.05**2 == pytest.approx(1.0, abs=5e-3)


def test_means_and_deviations_are_those_of_draws(quick_compilation: None) -> None:
    flow, values, present, _ = flow_of(2, spread=0.2, draws=256)
    found = np.asarray(jax.jit(lambda *given: flow(*given))(values, present))
    points = jnp.asarray(np.random.default_rng(2).normal(size=(400, 60, 2)), "float32")
    drawn = np.asarray(jax.jit(jax.vmap(lambda point: flow.draw(values, present, point)))(points))
    assert np.abs(found[:, :2] - drawn.mean(axis=0)).max() < 0.25
    assert np.abs(found[:, 2:] / drawn.std(axis=0) - 1).max() < 0.25


def test_quantiles_of_one_target_are_exact(quick_compilation: None) -> None:
    flow, values, present, _ = flow_of(1, spread=0.3)
    levels = (0.025, 0.16, 0.5, 0.84)
    found = np.asarray(jax.jit(lambda values, present: flow.summary(values, present, levels))(values, present))
    assert found.shape == (60, 2 + 4)
    # the density below each of them adds up to its level
    steps = 4000
    parts = (np.arange(steps) + 0.5) / steps
    for place, level in enumerate(levels):
        grid = -12 + (found[:3, 2 + place] + 12)[:, None] * parts
        few = {"event": jnp.repeat(values["event"][:3], steps, axis=0)}
        there = {"event": jnp.ones((3 * steps, 3), bool)}
        density = jnp.exp(flow.log_density(few, there, jnp.asarray(grid.reshape(-1, 1), "float32")))
        below = np.asarray(density).reshape(3, steps).mean(axis=1) * (found[:3, 2 + place] + 12)
        assert below == pytest.approx(level, abs=3e-3)


def test_quantiles_of_several_targets_are_those_of_draws(quick_compilation: None) -> None:
    flow, values, present, _ = flow_of(2, spread=0.2, draws=512)
    found = np.asarray(jax.jit(lambda values, present: flow.summary(values, present, (0.16, 0.84)))(values, present))
    points = jnp.asarray(np.random.default_rng(2).normal(size=(400, 60, 2)), "float32")
    drawn = np.asarray(jax.jit(jax.vmap(lambda point: flow.draw(values, present, point)))(points))
    # those of the first target, then those of the second one
    expected = np.quantile(drawn, [0.16, 0.84], axis=0).transpose(1, 2, 0).reshape(60, 4)
    assert np.abs(found[:, 4:] - expected).mean() < 0.1


def test_an_extractor_reads_the_features(quick_compilation: None) -> None:
    extractor = Step("analysis.learning.networks.recurrent:build", RecurrentSettings(hidden=(4,), dropout=0.0))
    settings = FlowSettings(layers=2, hidden=(8,), extractor=extractor, latent=3)
    flow = build({"trace": (6, 1)}, 2, nnx.Rngs(0), settings)
    assert flow.networks[0].hidden[0].kernel.shape == (3, 8)  # type: ignore[attr-defined]
    values, present = {"trace": jnp.ones((4, 6, 1))}, {"trace": jnp.ones((4, 6), bool)}
    assert flow.summary(values, present, (0.5,)).shape == (4, 3)  # type: ignore[attr-defined]

    def loss(network: Any) -> jax.Array:
        return -jnp.sum(network.log_density(values, present, jnp.full((4, 1), 0.3)))

    network = flow.networks[0]  # type: ignore[attr-defined]
    network.output.kernel[...] += 0.1
    gradient = nnx.grad(loss)(flow)
    assert any(np.abs(leaf).max() > 0 for leaf in jax.tree.leaves(gradient["extractor"]))


def test_it_begins_as_the_normal_distribution(quick_compilation: None) -> None:
    flow = build(SHAPES, 4, nnx.Rngs(0), FlowSettings(layers=2, hidden=(8,)))
    values, present = {"event": jnp.ones((5, 3))}, {"event": jnp.ones((5, 3), bool)}
    points = jnp.asarray(np.random.default_rng(1).normal(size=(5, 2)), "float32")
    expected = -0.5 * np.sum(points**2, axis=1) - np.log(2 * np.pi)
    assert np.allclose(flow.log_density(values, present, points), expected, atol=1e-4)  # type: ignore[attr-defined]


def test_a_block_of_noise_has_a_number_for_each_target() -> None:
    with pytest.raises(TrainingError, match="draw 2 targets with the block 'noise'"):
        build({"event": (3,), "noise": (3,)}, 2, nnx.Rngs(0), FlowSettings(noise="noise"))
    with pytest.raises(StudyError, match="bins"):
        FlowSettings(bins=1)
    with pytest.raises(TrainingError, match="no 3 outputs"):
        build(SHAPES, 3, nnx.Rngs(0), FlowSettings())
