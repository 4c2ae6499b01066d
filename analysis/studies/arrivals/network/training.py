"""Training of the network on simulated skies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from numpy.typing import NDArray

from analysis.errors import TrainingError
from analysis.learning.training.checkpoints import flatten
from analysis.studies.arrivals.network.features import GraphFeatures
from analysis.studies.arrivals.network.model import SphereGraph
from analysis.studies.arrivals.simulation.skies import SkySimulation, plans_of

if TYPE_CHECKING:
    import awkward as ak

    from analysis.studies.arrivals.network.settings import NetworkSettings

__all__ = ["train"]

_POINTS = 40


def train(
    raw: dict[str, ak.Array],
    observatory: Mapping[str, NDArray[np.float64]],
    hypotheses: Mapping[str, NDArray[np.float64]],
    fold: int,
    settings: NetworkSettings,
) -> dict[str, NDArray[Any]]:
    """Train one network to tell events of sources from isotropic ones, with binary cross-entropy and AdamW.

    Args:
        raw: plans of the skies.
        observatory: energies and zenith ranges.
        hypotheses: maps of the catalogues.
        fold: number of the network.
        settings: of network and training.

    Returns:
        Parameters by their paths; ``settings.<name>``; ``prior``, the share of source events in training; ``mean`` and
        ``width`` of the features; ``history``, the mean loss in each fortieth of the training.

    Raises:
        TrainingError: there are too few skies, or the loss is not finite.
    """
    (skies,) = raw.values()
    if len(skies) < settings.batch_size:
        raise TrainingError(
            f"there are {len(skies)} skies to train on, and a step takes {settings.batch_size}",
            cure="simulate more, or choose a smaller network.batch_size",
        )
    simulation, describe = SkySimulation(observatory, hypotheses), GraphFeatures(observatory, hypotheses, settings)
    features = np.empty((len(skies), describe.number, describe.width), dtype=np.float32)
    labels = np.empty((len(skies), describe.number), dtype=np.float32)
    neighbours = []
    for number, plan in enumerate(plans_of(skies)):
        sky = simulation.draw(plan)
        features[number], near = describe(sky.directions)
        neighbours.append(near)
        labels[number] = sky.source[: describe.number] >= 0
    mean = features.mean(axis=(0, 1), dtype=np.float64).astype(np.float32)
    width = features.std(axis=(0, 1), dtype=np.float64).astype(np.float32)
    features = (features - mean) / width
    state, history = _optimise(features, np.stack(neighbours), labels, fold, settings)
    return {
        **{f"parameters.{name}": array for name, array in flatten(state).items()},
        **{f"settings.{name}": np.array(numbers) for name, numbers in settings.numbers().items()},
        "prior": np.array([labels.mean(dtype=np.float64)]),
        "mean": mean,
        "width": width,
        "history": history,
    }


def _optimise(
    features: NDArray[np.float32],
    neighbours: NDArray[np.int32],
    labels: NDArray[np.float32],
    fold: int,
    settings: NetworkSettings,
) -> tuple[Any, NDArray[np.float64]]:
    graph, state = nnx.split(SphereGraph(features.shape[-1], nnx.Rngs(settings.seed + fold), settings))
    in_pass = len(features) // settings.batch_size
    passes = max(settings.passes, -(-settings.least_steps // in_pass))
    optimizer = optax.chain(
        optax.clip_by_global_norm(settings.gradient_clip),
        optax.adamw(optax.cosine_onecycle_schedule(passes * in_pass, settings.learning_rate)),
    )

    def objective(state: Any, events: jax.Array, found: jax.Array, truth: jax.Array) -> jax.Array:
        logits = nnx.merge(graph, state)(events, found)
        return jnp.mean(optax.sigmoid_binary_cross_entropy(logits, truth))

    @jax.jit
    def step(state: Any, moments: Any, events: jax.Array, found: jax.Array, truth: jax.Array) -> tuple[Any, Any, Any]:
        loss, gradient = jax.value_and_grad(objective)(state, events, found, truth)
        updates, moments = optimizer.update(gradient, moments, state)
        return optax.apply_updates(state, updates), moments, loss

    order = np.random.Generator(np.random.Philox(key=settings.seed + fold))
    moments, losses = optimizer.init(state), []
    for _ in range(passes):
        shuffled = order.permutation(len(features))[: in_pass * settings.batch_size]
        for rows in shuffled.reshape(in_pass, settings.batch_size):
            state, moments, loss = step(state, moments, features[rows], neighbours[rows], labels[rows])
            losses.append(loss)
    history = np.array([float(one) for one in losses])
    if not np.isfinite(history).all():
        raise TrainingError(
            f"the loss is not finite from step {int(np.argmin(np.isfinite(history)))} on",
            cure="choose a smaller network.learning_rate",
        )
    return state, np.array([part.mean() for part in np.array_split(history, min(_POINTS, len(history)))])
