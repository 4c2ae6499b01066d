"""Fully connected network in fixed point, as hardware computes it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from analysis.errors import TrainingError
from analysis.learning.networks.blocks import choose_blocks, side_by_side
from analysis.learning.networks.integer_network import IntegerNetwork
from analysis.learning.networks.layer import Layer, product
from analysis.learning.networks.quantised_settings import FixedPoint, QuantisedSettings

__all__ = ["Quantised", "QuantisedLayer", "QuantisedSettings", "build", "integers"]

# integers up to this one are numbers of single precision
EXACT = 2**24


class Updates(nnx.Variable):
    """Number of updates that a network has seen."""


class QuantisedLayer(Layer):
    """A linear map of the first axis, whose weights and biases are rounded to numbers of fixed point.

    Parameters themselves stay what they are; gradients are those of numbers that are cut off, but not rounded
    (straight-through estimator: Bengio, Leonard and Courville, arXiv:1308.3432). Weights that are pruned have gradients
    as well, and come back if they grow (Guo, Yao and Chen, arXiv:1608.04493).

    Args:
        inputs: size f of the first axis.
        outputs: size w of its image.
        rngs: random numbers for the initial parameters (``params``).
        settings: numbers of weights and biases.
        activated: whether an activation follows.
    """

    def __init__(
        self, inputs: int, outputs: int, rngs: nnx.Rngs, settings: QuantisedSettings, *, activated: bool
    ) -> None:
        super().__init__(inputs, outputs, rngs, activated=activated)
        self.numbers = (settings.weights, settings.biases)

    def fixed(self, share: jax.Array | float) -> tuple[jax.Array, jax.Array]:
        """Weights (f, w) and biases (w,) in fixed point, with this share of the weights, the greatest ones, kept."""
        kernel, (weights, biases) = self.kernel[...], self.numbers
        return _round(kernel, weights, kept=_greatest(kernel, share)), _round(self.bias[...], biases)

    def apply(self, columns: jax.Array, share: jax.Array | float) -> jax.Array:
        """(f, b) -> (w, b), of numbers in fixed point; nothing is rounded."""
        kernel, bias = self.fixed(share)
        # accelerators compute products of matrices in less than single precision otherwise
        with jax.default_matmul_precision("highest"):
            return product(kernel, columns) + bias[:, None]


class Quantised(nnx.Module):
    """Layers with rectified activations, all numbers in fixed point; nothing depends on the order of sums.

    Features are rounded down to numbers of the inputs, and what is missing is 0. A block without names enters a network
    as it is, so that counts of an analogue-to-digital converter times a power of two need no scaling in hardware.

    Outputs have the numbers that sums of the last layer have. :func:`integers` gives the network in integers; what it
    computes is the same to the last bit.

    Args:
        shapes: of the blocks of features by name, without the event axis.
        outputs: number of outputs o.
        rngs: random numbers for the initial parameters (``params``).
        settings: shape and numbers of the network.

    Raises:
        TrainingError: the settings name a block that is not there, there is one output that would always be 0, or sums
            could be greater than single precision holds exactly.
    """

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: QuantisedSettings
    ) -> None:
        self.shapes = tuple(choose_blocks(shapes, settings.blocks, "quantised network").items())
        if settings.reference and outputs < 2:
            raise TrainingError(
                "the only output of a quantised network is a reference, which is always 0", cure="use reference=False"
            )
        features = sum(math.prod(shape) for _, shape in self.shapes)
        widths = (features, *settings.hidden, outputs - settings.reference)
        self.fractions = _check_exact(widths, settings)
        self.layers = nnx.List(
            [
                QuantisedLayer(before, after, rngs, settings, activated=number < len(settings.hidden))
                for number, (before, after) in enumerate(pairwise(widths))
            ]
        )
        self.updates = Updates(jnp.zeros(())) if settings.pruned_over and settings.kept < 1 else None
        self.settings = settings
        # set by the module's train() and eval(), as of flax's own layers
        self.deterministic = False

    def __call__(self, values: Mapping[str, jax.Array], present: Mapping[str, jax.Array]) -> jax.Array:
        """The outputs for a batch of b events: (b, o).

        Args:
            values: features (b, ..., f) by block; 0 where missing.
            present: (b, ...) by block, False where features are missing.

        Raises:
            TrainingError: values are not in single precision.
        """
        features, _ = side_by_side(dict(self.shapes), values, present)
        if features.dtype != jnp.float32:
            raise TrainingError(
                f"a quantised network is exact in single precision only, not in {features.dtype}",
                cure="use precision=float32",
            )
        columns, share = _round_down(features.T, self.settings.inputs), self._share()
        for number, layer in enumerate(self.layers):
            if number:
                columns = _round_down(columns, self.settings.activations)
            columns = layer.apply(columns, share)
        return jnp.pad(columns.T, ((0, 0), (int(self.settings.reference), 0)))

    def _share(self) -> jax.Array | float:
        """The share of weights that are kept: outside training, the one that is asked for.

        In training, it falls to that (Zhu and Gupta, arXiv:1710.01878, Eq. 1). So the epoch that is kept as the best
        one has been judged with the weights that it keeps.
        """
        if self.deterministic or self.updates is None:
            return self.settings.kept
        left = jnp.maximum(1 - self.updates[...] / self.settings.pruned_over, 0)
        self.updates[...] += 1
        return self.settings.kept + (1 - self.settings.kept) * left**3


def integers(network: Quantised) -> IntegerNetwork:
    """The network in integers, as it is outside training.

    Examples:
        >>> network = build({"event": (3,)}, 2, nnx.Rngs(0), QuantisedSettings(hidden=(8,)))
        >>> found = integers(network)
        >>> found.widths, found.evaluate(np.array([[1, 2, 3]])).shape
        ((3, 8, 1), (1, 1))
    """
    settings, before = network.settings, network.settings.inputs
    weights, biases = [], []
    fixed = nnx.jit(lambda layers: [layer.fixed(settings.kept) for layer in layers])(network.layers)
    for (kernel, bias), fraction in zip(fixed, network.fractions, strict=True):
        # in steps of the sums: biases may have smaller ones than products
        weights.append(np.ldexp(np.float64(kernel), fraction - before.fraction).astype(np.int64))
        biases.append(np.ldexp(np.float64(bias), fraction).astype(np.int64))
        before = settings.activations
    return IntegerNetwork(settings.inputs, settings.activations, tuple(weights), tuple(biases), network.fractions)


def build(
    shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: QuantisedSettings
) -> nnx.Module:
    """A network in fixed point; see :class:`Quantised`.

    Examples:
        >>> network = build({"event": (3,)}, 2, nnx.Rngs(0), QuantisedSettings(hidden=(8,)))
        >>> network({"event": jnp.zeros((4, 3))}, {"event": jnp.ones((4, 3), bool)}).shape
        (4, 2)
    """
    return Quantised(shapes, outputs, rngs, settings)


def _check_exact(widths: tuple[int, ...], settings: QuantisedSettings) -> tuple[int, ...]:
    """The number of bits right of the binary point of each layer's sums, which single precision has to hold.

    Raises:
        TrainingError: it does not.
    """
    weights, biases, before, fractions = settings.weights, settings.biases, settings.inputs, []
    for number, width in enumerate(widths[:-1]):
        fraction = max(before.fraction + weights.fraction, biases.fraction)
        greatest = max(before.highest, -before.lowest)
        products = (width * greatest * -weights.lowest) << (fraction - before.fraction - weights.fraction)
        largest = products + (-biases.lowest << (fraction - biases.fraction))
        if largest > EXACT:
            raise TrainingError(
                f"sums of the layer {number} of a quantised network may reach {largest}, "
                f"more than the {EXACT} that single precision counts to",
                cure=f"use fewer bits of weights, biases or {'activations' if number else 'inputs'}, or fewer of its "
                f"{width} {'inputs' if number else 'features'}",
            )
        fractions.append(fraction)
        before = settings.activations
    return tuple(fractions)


def _greatest(kernel: jax.Array, share: jax.Array | float) -> jax.Array | bool:
    """Mark this share of the weights, those of the greatest magnitude, at least one."""
    if isinstance(share, float) and share == 1:
        return True
    magnitude = jnp.abs(kernel)
    number = jnp.maximum(jnp.round(share * kernel.size), 1).astype(jnp.int32)
    return magnitude >= jnp.sort(magnitude.ravel())[kernel.size - number]


def _round(values: jax.Array, numbers: FixedPoint, *, kept: jax.Array | bool = True) -> jax.Array:
    """Round to the nearest number, halves to the even one; to the lowest or highest beyond them; 0 where not kept."""
    limited = _limit(values, numbers)
    return _straight_through(limited, jnp.where(kept, jnp.round(limited / numbers.step) * numbers.step, 0))


def _round_down(values: jax.Array, numbers: FixedPoint) -> jax.Array:
    """Round down to a number; to the lowest or highest one beyond them."""
    limited = _limit(values, numbers)
    return _straight_through(limited, jnp.floor(limited / numbers.step) * numbers.step)


def _limit(values: jax.Array, numbers: FixedPoint) -> jax.Array:
    return jnp.clip(values, numbers.lowest * numbers.step, numbers.highest * numbers.step)


@jax.custom_vjp
def _straight_through(values: jax.Array, rounded: jax.Array) -> jax.Array:
    """The rounded values, with the gradient of values."""
    return rounded


def _forward(values: jax.Array, rounded: jax.Array) -> tuple[jax.Array, None]:
    return rounded, None


def _backward(_: None, gradient: jax.Array) -> tuple[jax.Array, jax.Array]:
    return gradient, jnp.zeros_like(gradient)


_straight_through.defvjp(_forward, _backward)
