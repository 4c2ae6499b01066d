"""Goodness of fit of the fitted mixture to a histogram, by fits to simulated histograms."""

from __future__ import annotations

import zlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.studies.airshower.composition.likelihood import Channels, Fitted, expected, solve

__all__ = ["Goodness", "goodness", "simulate"]

Array = NDArray[np.float64]


class Goodness(NamedTuple):
    """Goodness of fit of c channels.

    Attributes:
        statistic: (c,) deviance: twice the logarithm of the likelihood ratio to a model that is equal to the data.
        ndf: (c,) bins of depth minus primaries.
        p_value: (c,) share of the converged toys that are described as badly or worse.
        converged: (c,) number of converged toys.
        fractions: (c, t, s) of the toys' fits; not a number where one did not converge.
    """

    statistic: Array
    ndf: NDArray[np.int64]
    p_value: Array
    converged: NDArray[np.int64]
    fractions: Array


def goodness(channels: Channels, best: Fitted, toys: int, seed: int) -> Goodness:
    """Compare the deviance of the data with that of simulated data (PRD 90 (2014) 122006, section III).

    The deviance has no chi-square distribution here: many bins hold few events or none.

    Args:
        channels: templates; c of them.
        best: fits of all channels' data, in order.
        toys: simulated histograms for each channel.
        seed: of the simulation; a channel's toys depend on no other channel, and more toys begin with the same ones.

    Returns:
        The comparison.
    """
    size = len(channels.names)
    drawn = np.stack([simulate(channels, index, best.fractions[index], toys, seed) for index in range(size)])
    found = solve(channels, np.repeat(np.arange(size), toys), drawn.reshape(size * toys, -1))
    fine = found.converged.reshape(size, toys)
    statistic = 2.0 * best.value
    # a toy that is the data, but for rounding, is as bad
    worse = fine & (2.0 * found.value.reshape(size, toys) >= statistic[:, np.newaxis] - 1e-9)
    converged = fine.sum(axis=1)
    fractions = np.where(fine[..., np.newaxis], found.fractions.reshape(size, toys, -1), np.nan)
    return Goodness(
        statistic=statistic,
        ndf=np.array(channels.sizes) - len(channels.primaries),
        p_value=worse.sum(axis=1) / np.maximum(converged, 1),
        converged=converged,
        fractions=fractions,
    )


def simulate(channels: Channels, index: int, fractions: Array, toys: int, seed: int) -> Array:
    """Draw histograms of a mixture.

    Args:
        channels: the templates.
        index: of the channel.
        fractions: (s,) of the mixture.
        toys: how many.
        seed: together with the names of model and channel, it decides what is drawn.

    Returns:
        (toys, d) events; the totals fluctuate as well.
    """
    place = zlib.crc32(f"{channels.models[index]} {channels.names[index]}".encode())
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, place])))
    means = np.maximum(expected(channels, index, fractions), 0.0)
    return generator.poisson(means, (toys, len(means))).astype(np.float64)
