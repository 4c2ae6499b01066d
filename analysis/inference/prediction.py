r"""Expected events in every bin, and their uncertainties.

Uncertainties are propagated linearly: with the Jacobian :math:`J` of the expected events, their covariance is
:math:`J V J^T`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.inference.arrays import Arrays
from analysis.inference.likelihood import by_sample
from analysis.inference.model import Model

__all__ = ["Prediction", "carry_over", "jacobian", "predict", "prefit"]


@dataclass(frozen=True, eq=False)
class Prediction:
    """Expected events of s samples in n bins of c channels.

    Args:
        channels: their names.
        samples: their names.
        slices: of each channel's bins.
        by_sample: (s, n); zero in channels that a sample is not in.
        total: (n,).
        uncertainty: of the total, (n,).
        channel_yields: sums over each channel's bins: of the samples and, in the last row, of all, (s + 1, c).
        channel_uncertainty: of these sums, (s + 1, c).
    """

    channels: tuple[str, ...]
    samples: tuple[str, ...]
    slices: tuple[slice, ...]
    by_sample: NDArray[np.float64]
    total: NDArray[np.float64]
    uncertainty: NDArray[np.float64]
    channel_yields: NDArray[np.float64]
    channel_uncertainty: NDArray[np.float64]

    def has(self, channel: int, sample: int) -> bool:
        """Whether anything of a sample (or, one further, of the total) is expected in a channel."""
        return bool(self.channel_yields[sample, channel] != 0.0)


def predict(model: Model, values: ArrayLike, covariance: ArrayLike) -> Prediction:
    """Expected events at given values of the p parameters.

    Args:
        model: what is expected.
        values: (p,).
        covariance: (p, p); zero where a parameter has no uncertainty.
    """
    bins, spread = tuple(model.channels.values()), np.asarray(covariance, np.float64)
    events, member = np.asarray(model.expected_by_sample(values)), _members(model)
    of_total, of_sums = _both(model, values)
    sums = events @ member
    return Prediction(
        channels=tuple(model.channels),
        samples=tuple(model.samples),
        slices=bins,
        by_sample=events,
        total=events.sum(axis=0),
        uncertainty=_propagate(of_total, spread),
        channel_yields=np.concatenate([sums, sums.sum(axis=0)[None]]),
        channel_uncertainty=_propagate(of_sums, spread),
    )


def jacobian(model: Model, values: ArrayLike) -> NDArray[np.float64]:
    """Differentiate the expected events of all bins, (n, p), at given values of the p parameters, (p,)."""
    return _both(model, values)[0]


def prefit(model: Model) -> tuple[NDArray, NDArray]:
    """Start values (p,) and covariance (p, p) before a fit: the widths of the constraints.

    What nothing constrains has no uncertainty before the fit.
    """
    widths = np.array([p.width if p.width is not None and not p.fixed else 0.0 for p in model.parameters])
    return np.array([p.start for p in model.parameters], float), np.diag(widths**2)


def carry_over(model: Model, names: Sequence[str], values: ArrayLike, covariance: ArrayLike) -> tuple[NDArray, NDArray]:
    """Values and covariance of another fit, for the parameters of this model.

    Parameters are matched by name. Those that the other fit does not have keep their start values and the widths of
    their constraints, and are correlated with nothing.

    Args:
        model: of something else, such as of a variable that was not fitted.
        names: of the other fit's q parameters.
        values: (q,).
        covariance: (q, q).

    Returns:
        (p,) and (p, p).
    """
    start, spread = prefit(model)
    position = {name: index for index, name in enumerate(names)}
    here = np.array([index for index, name in enumerate(model.names) if name in position], int)
    there = np.array([position[model.names[index]] for index in here], int)
    start[here] = np.asarray(values, float)[there]
    spread[np.ix_(here, here)] = np.asarray(covariance, float)[np.ix_(there, there)]
    return start, spread


def _members(model: Model) -> NDArray[np.float64]:
    """Membership of bins in channels, 0 or 1, (n, c)."""
    member = np.zeros((len(model.observed.main), len(model.channels)))
    for channel, part in enumerate(model.channels.values()):
        member[part, channel] = 1.0
    return member


def _both(model: Model, values: ArrayLike) -> tuple[NDArray, NDArray]:
    with jax.enable_x64(True):
        found = _jacobians(jnp.asarray(values, jnp.float64), model.arrays, _members(model))
        return np.asarray(found[0]), np.asarray(found[1])


@jax.jit
def _jacobians(place: jax.Array, arrays: Arrays, member: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Of the total in each bin (n, p), and of the sums over channels, of samples and of all, (s + 1, c, p)."""

    def expected(parameters: jax.Array) -> tuple[jax.Array, jax.Array]:
        events = by_sample(parameters, arrays)
        sums = events @ member
        return jnp.sum(events, axis=0), jnp.concatenate([sums, jnp.sum(sums, axis=0)[None]])

    return jax.jacfwd(expected)(place)


def _propagate(jacobian: NDArray, covariance: NDArray) -> NDArray:
    return np.sqrt(np.maximum(np.einsum("...p,pq,...q->...", jacobian, covariance, jacobian, optimize=True), 0.0))
