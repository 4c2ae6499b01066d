"""Area under the ROC curve inside a compiled training; the exact one with uncertainties is in ``metrics``."""

from __future__ import annotations

import jax
import jax.numpy as jnp

__all__ = ["mean_auc"]


def mean_auc(scores: jax.Array, label: jax.Array, weight: jax.Array) -> jax.Array:
    """Weighted area under the ROC curve of each class against the rest, averaged over classes.

    Equal scores count in the order of the events: good enough to watch a training, in float32.

    Args:
        scores: (n, c).
        label: (n,) index of the class.
        weight: (n,); every class needs a positive sum.

    Returns:
        scalar.
    """

    def one(score: jax.Array, signal: jax.Array) -> jax.Array:
        order = jnp.argsort(score)
        signal, weights = signal[order], weight[order]
        below = jnp.cumsum(jnp.where(signal, 0, weights))
        return jnp.sum(jnp.where(signal, weights * below, 0)) / (jnp.sum(jnp.where(signal, weights, 0)) * below[-1])

    classes = jnp.arange(scores.shape[1])
    return jnp.mean(jax.vmap(lambda c: one(scores[:, c], label == c))(classes))
