"""Network of self-attention over particles."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import jax
import jax.numpy as jnp
from flax import nnx

from analysis.learning.networks.attention_settings import AttentionSettings
from analysis.learning.networks.dense import Dense
from analysis.learning.networks.dropout import Dropout
from analysis.learning.networks.layer import Layer
from analysis.learning.networks.momenta import compress, mass, precise, pseudorapidity, transverse
from analysis.learning.networks.particles import FLOOR, Embedding, columns_of, describe_momenta, split_blocks

__all__ = ["Attention", "AttentionSettings", "MultiHead", "build"]

DESCRIBED = 6  # numbers of a four-momentum
OF_PAIRS = 4  # numbers of two four-momenta
FARTHEST = -1e9  # logarithm of the say of a particle that is not there; in bfloat16 too


class MultiHead(nnx.Module):
    """Attention with several heads (Vaswani et al., arXiv:1706.03762, Sect. 3.2), of which each sees a part.

    One more is always asked who has nothing to say: key and value are 0. So the weights of the others need not add up
    to 1, and a head can tell that it found somebody from that it found nobody, one from many. To find a resonance's two
    daughters among other particles, this makes the difference between an area under the ROC curve of 0.6 and of 0.99.

    Args:
        width: numbers w of a column.
        heads: number h.
        rngs: random numbers for the initial parameters (``params``).
    """

    def __init__(self, width: int, heads: int, rngs: nnx.Rngs) -> None:
        self.query, self.value, self.output = (Layer(width, width, rngs) for _ in range(3))
        # a bias of all keys would change no weight
        self.key = Layer(width, width, rngs, bias=False)
        self.heads = heads

    def __call__(
        self, asking: jax.Array, asked: jax.Array, there: jax.Array, affinity: jax.Array | None = None
    ) -> jax.Array:
        """Compute the attention of those who ask (queries) over those who are asked (keys and values).

        Args:
            asking: (w, b, q).
            asked: (w, b, p).
            there: (b, p), those who answer; where nobody does, the answer is a constant.
            affinity: (h, b, q, p), added to the logarithms of the weights.

        Returns:
            (w, b, q).
        """
        query, key, value = (
            self._split(self.query(asking)),
            self._split(self.key(asked)),
            self._split(self.value(asked)),
        )
        logits = query @ jnp.swapaxes(key, 2, 3) * (1 / math.sqrt(query.shape[-1]))
        logits = logits if affinity is None else logits + affinity
        logits = jnp.where(there[None, :, None, :], precise(logits), FARTHEST)
        largest = jax.lax.stop_gradient(jnp.maximum(jnp.max(logits, axis=-1, keepdims=True), 0))
        weights = jnp.exp(logits - largest)
        weights = weights / (jnp.exp(-largest) + jnp.sum(weights, axis=-1, keepdims=True))
        answers = weights.astype(value.dtype) @ value
        return self.output(jnp.transpose(answers, (0, 3, 1, 2)).reshape(asking.shape))

    def _split(self, columns: jax.Array) -> jax.Array:
        """(w, b, p) -> (h, b, p, w / h)."""
        width, *rest = columns.shape
        return jnp.transpose(columns.reshape(self.heads, width // self.heads, *rest), (0, 2, 3, 1))


class Block(nnx.Module):
    """Attention among particles, then layers of each one, both with a shortcut and normalised before.

    The order is that of Xiong et al. (arXiv:2002.04745), which trains without a warm-up.

    Args:
        width: numbers w of a particle.
        heads: of the attention.
        dropout: share of what is added set to zero in training.
        rngs: random numbers for the initial parameters (``params``) and the dropout (``dropout``).
    """

    def __init__(self, width: int, heads: int, dropout: float, rngs: nnx.Rngs) -> None:
        self.first, self.second = Norm(width), Norm(width)
        self.attention = MultiHead(width, heads, rngs)
        self.wide, self.narrow = Layer(width, 2 * width, rngs, activated=True), Layer(2 * width, width, rngs)
        self.dropout = Dropout(dropout, rngs)

    def __call__(self, particles: jax.Array, there: jax.Array, affinity: jax.Array | None) -> jax.Array:
        """(w, b, p) -> (w, b, p)."""
        seen = self.first(particles)
        particles = particles + self.dropout(self.attention(seen, seen, there, affinity))
        return particles + self.dropout(self.narrow(jax.nn.silu(self.wide(self.second(particles)))))


class Norm(nnx.Module):
    """Mean 0 and width 1 over the first axis, then a factor and a constant (Ba et al., arXiv:1607.06450).

    Args:
        width: size w of the first axis.
    """

    def __init__(self, width: int) -> None:
        self.factor, self.constant = nnx.Param(jnp.ones(width)), nnx.Param(jnp.zeros(width))

    def __call__(self, columns: jax.Array) -> jax.Array:
        """(w, ...) -> (w, ...)."""
        given, own = precise(columns), (-1, *[1] * (columns.ndim - 1))
        centred = given - _mean(given)
        normal = centred * jax.lax.rsqrt(_mean(centred**2) + 1e-6)
        return normal.astype(columns.dtype) * self.factor[...].reshape(own) + self.constant[...].reshape(own)


class Attention(nnx.Module):
    """Particles that attend to each other, one more that attends to them and stands for the event, and dense layers.

    - Two layers that all particles share, then :class:`Block` ``layers`` times: a set transformer (Lee et al.,
      arXiv:1810.00825).
    - A learned query pools the particles (ibid., Sect. 3.2, with one seed; as the class token of the particle
      transformer, Qu, Li and Qian, arXiv:2202.03772).
    - Of four-momenta, two particles' distance, transverse momentum against each other, its share, and invariant mass
      (ibid., Eq. 3) pass two layers that all pairs share and are added to the logarithms of the attention's weights,
      with another factor for each head. Here the same in each layer of attention, energies compressed as
      :func:`analysis.learning.networks.momenta.compress` does it.

    Features of other blocks enter the dense layers as in :class:`analysis.learning.networks.dense.Trunk`. A missing
    feature of a particle that is there counts as 0, the median of a standardised feature.

    Args:
        shapes: of the blocks by name, without the event axis; (p, f) of the particles.
        outputs: number of outputs o.
        rngs: random numbers for the initial parameters (``params``) and the dropout (``dropout``).
        settings: shape of the network.

    Raises:
        TrainingError: a block is missing, or the particles have another shape.
    """

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: AttentionSettings
    ) -> None:
        (places, features), others = split_blocks(
            shapes, settings.blocks, settings.particles, "network of attention", momenta=settings.momenta
        )
        width, heads = settings.width, settings.heads
        inputs = DESCRIBED if settings.momenta else features
        self.settings = settings
        self.embedding = Embedding(inputs, (width, width), places if settings.places else None, rngs)
        pairs = []
        if settings.momenta and settings.pairs and settings.layers:
            pairs = [
                Layer(OF_PAIRS, settings.pairs, rngs, activated=True),
                Layer(settings.pairs, heads, rngs, bias=False),
            ]
        self.pairs = nnx.List(pairs)
        self.blocks = nnx.List([Block(width, heads, settings.dropout, rngs) for _ in range(settings.layers)])
        self.norm = Norm(width)
        self.event = nnx.Param(nnx.initializers.normal(1.0)(rngs.params(), (width,)))
        self.pooling = MultiHead(width, heads, rngs)
        self.trunk = Dense(others, outputs, rngs, replace(settings, blocks=()), width)

    def __call__(self, values: Mapping[str, jax.Array], present: Mapping[str, jax.Array]) -> jax.Array:
        """The outputs for a batch of b events.

        Args:
            values: particles (b, p, f), standardised features, or E, px, py, pz in GeV as they are; of other blocks
                standardised features (b, ..., f). 0 where missing.
            present: (b, ...) by block, False where something is missing.

        Returns:
            (b, o).
        """
        columns, there = columns_of(values, present, self.settings)
        kind = values[self.settings.particles].dtype
        seen = describe_momenta(columns, self.settings.scale) if self.settings.momenta else columns
        particles = self.embedding(seen.astype(kind))
        affinity = None
        if self.pairs:
            first, second = self.pairs
            affinity = second(jax.nn.silu(first(_pairs(columns, self.settings.scale).astype(kind))))
        for block in self.blocks:
            particles = block(particles, there, affinity)
        event = jnp.broadcast_to(self.event[...][:, None, None], (*particles.shape[:2], 1))
        pooled = self.pooling(event, self.norm(particles), there)
        return self.trunk(values, present, pooled[:, :, 0].T)


def build(
    shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: AttentionSettings
) -> nnx.Module:
    """A network of self-attention over particles; see :class:`Attention`.

    Examples:
        >>> shapes = {"event": (3,), "particles": (9, 5)}
        >>> network = build(shapes, 2, nnx.Rngs(0), AttentionSettings(width=8, heads=2, layers=1, hidden=(8,)))
        >>> values = {name: jnp.ones((6, *shape)) for name, shape in shapes.items()}
        >>> present = {"event": jnp.ones((6, 3), bool), "particles": jnp.ones((6, 9), bool)}
        >>> nnx.eval_shape(network, values, present).shape
        (6, 2)
    """
    return Attention(shapes, outputs, rngs, settings)


def _pairs(momenta: jax.Array, scale: float) -> jax.Array:
    """Four numbers of order one for each two of p particles: (4, b, p) GeV -> (4, b, p, p).

    Distance in pseudorapidity and azimuth (with 2 - 2 cos for the square of a small angle), the smaller transverse
    momentum times it, the smaller one's share of both, and the invariant mass.
    """
    floor = FLOOR * scale
    hard, forward = transverse(momenta, floor), pseudorapidity(momenta, floor)
    around = momenta[1:3] / hard
    opening = jnp.sum(around[..., :, None] * around[..., None, :], axis=0)
    apart = (forward[..., :, None] - forward[..., None, :]) ** 2 + 2 * (1 - jnp.clip(opening, -1, 1))
    distance = jnp.sqrt(apart + FLOOR**2)
    soft = jnp.minimum(hard[..., :, None], hard[..., None, :])
    share = soft / (hard[..., :, None] + hard[..., None, :])
    together = mass(momenta[..., :, None] + momenta[..., None, :], floor)
    return jnp.stack([distance, compress(soft * distance, scale), share, compress(together, scale)])


def _mean(columns: jax.Array) -> jax.Array:
    """The mean over the first axis, in each of its places: (w, ...) -> (w, ...).

    As a product of matrices: the last bits of XLA's sum over the first axis depend on the number of cores, those of the
    gradient of a mean that is not in each place, too.
    """
    width, *rest = columns.shape
    return (jnp.full((width, width), 1 / width, columns.dtype) @ columns.reshape(width, math.prod(rest))).reshape(
        columns.shape
    )
