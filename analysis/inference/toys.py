"""Toys: pseudo-data drawn from a model, main and auxiliary measurements alike, and their fits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.inference.fitting import fit_many
from analysis.inference.model import Data, Model

__all__ = ["Toys", "draw", "fit_toys", "lowest"]


class Toys(NamedTuple):
    """t toys and their fits.

    Attributes:
        data: main (t, n) and auxiliary (t, a) measurements.
        values: best values of the parameters, (t, p).
        twice_nll: -2 ln L, (t,).
        deviance: twice the difference of log-likelihoods to the saturated model, (t,).
        converged: (t,).
    """

    data: Data
    values: NDArray[np.float64]
    twice_nll: NDArray[np.float64]
    deviance: NDArray[np.float64]
    converged: NDArray[np.bool_]


def draw(model: Model, values: ArrayLike, toys: int, seed: int, first: int = 0) -> Data:
    """Draw toys: all events from Poisson distributions, auxiliary measurements from their constraints.

    A toy depends on the seed and its own number alone, so that more toys begin with the same ones. They are drawn by
    NumPy: JAX's Poisson distribution takes seconds to compile, and drawing is a small part of a fit.

    Args:
        model: what is expected.
        values: of its parameters, (p,).
        toys: how many, t.
        seed: of the random numbers.
        first: number of the first one.

    Returns:
        Main (t, n) and auxiliary (t, a) measurements.
    """
    values, arrays = np.asarray(values, float), model.arrays
    # a sum that is zero may be a little less by rounding
    events = np.maximum(np.asarray(model.expected(values)), 0.0)
    auxiliary = np.asarray(model.expected_auxiliary(values))
    constrained = np.asarray(arrays.constrained)
    width, counted = np.asarray(arrays.width)[constrained], np.asarray(arrays.poisson)[constrained] > 0
    drawn = Data(np.empty((toys, len(events))), np.empty((toys, len(auxiliary))))
    for place in range(toys):
        generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(first + place,)))
        drawn.main[place] = generator.poisson(events)
        noise = generator.normal(size=len(auxiliary))
        drawn.auxiliary[place] = np.where(
            counted, generator.poisson(np.where(counted, auxiliary, 0.0)), auxiliary + width * noise
        )
    return drawn


def fit_toys(model: Model, values: ArrayLike, toys: int, seed: int, starts: ArrayLike | None = None) -> Toys:
    """Draw toys and fit each of them.

    Args:
        model: what is expected.
        values: of its parameters, (p,).
        toys: how many.
        seed: of the random numbers.
        starts: where their fits begin, (m, p), the lowest minimum counts; where they were drawn if there are none.
    """
    data = draw(model, values, toys, seed)
    if not toys:
        nothing = np.zeros(0)
        return Toys(data, np.zeros((0, len(model.names))), nothing, nothing, nothing.astype(bool))
    return Toys(data, *lowest(model, data, np.atleast_2d(np.asarray(values if starts is None else starts, float))))


def lowest(
    model: Model, data: Data, starts: NDArray, free: NDArray | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Fit each of t toys from several places; the lowest minimum counts.

    Args:
        model: of p parameters.
        data: main (t, n) and auxiliary (t, a) measurements.
        starts: (m, p), for parameters that are not fitted their values.
        free: parameters that are fitted, (p,); the model's by default.

    Returns:
        Values, -2 ln L, deviance, and whether a fit converged, as in :class:`Toys`.
    """
    toys = len(data.main)
    again = Data(*(np.tile(part, (len(starts), 1)) for part in data))
    found = fit_many(model, again, free=free, start=np.repeat(starts, toys, axis=0))
    nll = np.where(found.converged, found.twice_nll, np.inf).reshape(len(starts), toys)
    # those that never converged keep their first fit
    chosen = np.argmin(nll, axis=0) * toys + np.arange(toys)
    return found.values[chosen], found.twice_nll[chosen], found.deviance[chosen], found.converged[chosen]
