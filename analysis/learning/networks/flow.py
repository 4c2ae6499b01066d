"""Normalizing flow: the probability density of targets given features."""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from scipy.special import ndtri

from analysis.errors import TrainingError
from analysis.learning.networks.dense import Dense
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.networks.flow_settings import FlowSettings
from analysis.learning.networks.spline import Pieces, inverse_spline, pieces_of, spline

__all__ = ["Flow", "FlowSettings", "build"]

Blocks = Mapping[str, jax.Array]
Conditions = tuple[Blocks, Blocks, tuple[jax.Array, ...]]


class Flow(nnx.Module):
    """Couplings by rational-quadratic splines between t targets and as many standard normal numbers.

    In each coupling, splines change half of the numbers; a fully connected network tells their shape from the other
    half and from the event's features (Durkan et al., arXiv:1906.04032; conditional as in arXiv:1912.00042). A single
    target is changed by features alone. Couplings begin as the identity.

    Where the features are traces or images, another network reads them first (``settings.extractor``, trained together
    with the flow), and the couplings see what it has learned of an event.

    Own code: distrax needs TensorFlow Probability's nightly builds, flowjax keeps its parameters in equinox's modules,
    which flax's checkpoints, precision and export do not know.

    Args:
        shapes: of the blocks of features by name, without the event axis.
        outputs: t drawn targets with a block of random numbers, else t means and t standard deviations.
        rngs: random numbers for the initial parameters (``params``).
        settings: shape of the network.

    Raises:
        TrainingError: the block of random numbers is not there, or has not one for each target; or the number of
            means and standard deviations is odd.
    """

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: FlowSettings
    ) -> None:
        if outputs % 2 and not settings.noise:
            raise TrainingError(
                f"a mean and a standard deviation for each target are no {outputs} outputs",
                cure="train with the loss 'likelihood', or draw targets with a block of random numbers (noise)",
            )
        targets = outputs if settings.noise else outputs // 2
        if settings.noise and tuple(shapes.get(settings.noise, ())) != (targets,):
            raise TrainingError(
                f"the flow is to draw {targets} targets with the block {settings.noise!r}, whose shape is "
                f"{shapes.get(settings.noise)}",
                cure=f"give a block of {targets} standard normal numbers an event",
            )
        self.noise = settings.noise
        self.bins, self.reach, self.draws = settings.bins, settings.reach, settings.draws
        conditions = {name: tuple(shape) for name, shape in shapes.items() if name != settings.noise}
        extractor, latent = settings.extractor, settings.latent if settings.extractor else 0
        self.extractor = extractor.load()(conditions, latent, rngs, extractor.settings) if extractor else None
        conditions = {} if extractor else conditions
        dense = DenseSettings(hidden=settings.hidden, activation=settings.activation, dropout=0.0, segments=0)
        # the first targets stay in every other coupling, the last ones in the others
        kept = [targets // 2 if number % 2 == 0 else targets - targets // 2 for number in range(settings.layers)]
        self.kept = tuple(0 if targets == 1 else size for size in kept)
        self.networks = nnx.List(
            [
                Dense(conditions, (3 * self.bins - 1) * (targets - size), rngs, dense, learned=size + latent)
                for size in self.kept
            ]
        )
        for network in self.networks:
            network.output.kernel[...] *= 0.0
        self.targets = targets

    def log_density(self, values: Blocks, present: Blocks, targets: jax.Array) -> jax.Array:
        """Logarithm of the density of targets: (b, t) -> (b,).

        Args:
            values: standardised features (b, ..., f) by block, without unit; 0 where missing.
            present: (b, ...) by block, False where features are missing.
            targets: (b, t), each of mean 0 and width 1 among the training events.
        """
        total, conditions = jnp.zeros(targets.shape[0], targets.dtype), self._conditions(values, present)
        for number in range(len(self.kept)):
            kept, changed = self._parts(number, targets)
            changed, logarithm = spline(changed, self._pieces(number, conditions, kept))
            targets, total = self._whole(number, kept, changed), total + jnp.sum(logarithm, axis=-1)
        return total - 0.5 * jnp.sum(targets**2, axis=-1) - 0.5 * self.targets * float(np.log(2 * np.pi))

    def draw(self, values: Blocks, present: Blocks, normal: jax.Array) -> jax.Array:
        """Targets (b, t) that standard normal numbers (b, t) stand for; arguments as above."""
        return self._draw(self._conditions(values, present), normal)

    def __call__(self, values: Blocks, present: Blocks) -> jax.Array:
        """Draw targets (b, t) with the block of random numbers, or give means and standard deviations (b, 2 t)."""
        return self.draw(values, present, values[self.noise]) if self.noise else self.summary(values, present)

    def summary(self, values: Blocks, present: Blocks, levels: tuple[float, ...] = ()) -> jax.Array:
        """Means, standard deviations and quantiles of the targets: (b, t + t + t q), those of a target side by side.

        Quantiles of a single target are exact, as it rises with the normal number that stands for it; of several, each
        by itself, they are those of draws.

        Args:
            values: as above.
            present: as above.
            levels: probabilities that targets are smaller than the q quantiles.
        """
        conditions, points = self._conditions(values, present), _points(self.draws, self.targets)
        events = next(iter(values.values())).shape[0]

        def drawn(point: jax.Array) -> jax.Array:
            return self._draw(conditions, jnp.broadcast_to(point, (events, self.targets)))

        found = jax.lax.map(drawn, jnp.asarray(points))
        parts = [jnp.mean(found, axis=0), jnp.std(found, axis=0, ddof=1)]
        if levels:
            probabilities = np.asarray(levels, np.float32)
            if self.targets == 1:
                quantiles = jax.lax.map(drawn, jnp.asarray(ndtri(probabilities)[:, np.newaxis]))
            else:
                quantiles = jnp.quantile(found, probabilities, axis=0)
            parts.append(jnp.moveaxis(quantiles, 0, -1).reshape(events, -1))
        return jnp.concatenate(parts, axis=-1)

    def _conditions(self, values: Blocks, present: Blocks) -> Conditions:
        """Prepare the conditions of couplings: the blocks of features, or what the extractor has learned of them."""
        return (values, present, ()) if self.extractor is None else ({}, {}, (self.extractor(values, present),))

    def _draw(self, conditions: Conditions, normal: jax.Array) -> jax.Array:
        for number in reversed(range(len(self.kept))):
            kept, changed = self._parts(number, normal)
            changed = inverse_spline(changed, self._pieces(number, conditions, kept))
            normal = self._whole(number, kept, changed)
        return normal

    def _parts(self, number: int, values: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Split values into those that stay in a coupling and those that it changes."""
        size = self.kept[number]
        if number % 2 == 0:
            return values[:, :size], values[:, size:]
        return values[:, self.targets - size :], values[:, : self.targets - size]

    def _whole(self, number: int, kept: jax.Array, changed: jax.Array) -> jax.Array:
        return jnp.concatenate([kept, changed] if number % 2 == 0 else [changed, kept], axis=-1)

    def _pieces(self, number: int, conditions: Conditions, kept: jax.Array) -> Pieces:
        values, present, learned = conditions
        outputs = self.networks[number](values, present, jnp.concatenate([kept, *learned], axis=-1))
        own = 3 * self.bins - 1
        return pieces_of(outputs.reshape(outputs.shape[0], outputs.shape[1] // own, own), self.bins, self.reach)


def _points(number: int, size: int) -> np.ndarray:
    """Points that fill a normal distribution evenly: (number, size)."""
    from scipy.stats import qmc

    uniform = qmc.Sobol(size, scramble=True, rng=np.random.default_rng(1)).random_base2(int(np.ceil(np.log2(number))))
    return ndtri(uniform[:number]).astype(np.float32)


def build(shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: FlowSettings) -> nnx.Module:
    """A normalizing flow; see :class:`Flow`.

    Examples:
        >>> flow = build({"event": (3,)}, 4, nnx.Rngs(0), FlowSettings(layers=2, hidden=(8,)))
        >>> values, present = {"event": jnp.ones((4, 3))}, {"event": jnp.ones((4, 3), bool)}
        >>> flow.log_density(values, present, jnp.zeros((4, 2))).shape, flow(values, present).shape
        ((4,), (4, 4))
    """
    return Flow(shapes, outputs, rngs, settings)
