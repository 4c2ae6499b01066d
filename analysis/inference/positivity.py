"""Bins whose expectation may become negative within the ranges of the parameters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from analysis.inference.interpolation import kink
from analysis.inference.parameters import ParameterSet
from analysis.inference.specification import Specification

__all__ = ["may_be_negative"]

# limits look at strengths beyond their upper bounds
_FAR = 1e6
_POINTS = 21


def may_be_negative(specification: Specification, sets: tuple[ParameterSet, ...]) -> NDArray[np.bool_]:
    """Tell which bins may expect less than nothing somewhere within the parameters' ranges, (n,).

    By interval arithmetic, parameter by parameter: a bin that is named may still be safe, one that is not named is.

    Args:
        specification: of the workspace.
        sets: its parameters.
    """
    known = {each.name: each for each in sets}
    low, high = specification.nominal.copy(), specification.nominal.copy()
    for effect in specification.effects:
        if effect.type == "histosys":
            least, most = _added(specification, effect.block.sample, effect.block.bins, effect.data, known[effect.name])
            low[effect.block.sample, effect.block.bins] += least
            high[effect.block.sample, effect.block.bins] += most
    for effect in specification.effects:
        if effect.type in ("histosys", "normsys"):
            # the factors of a normsys are positive
            continue
        place = effect.block.sample, effect.block.bins
        least, most = _range(known[effect.name])
        if effect.type in ("shapesys", "staterror"):
            rows = [known[effect.name].bins.index(b) for b in range(effect.block.bins.start, effect.block.bins.stop)]
            least, most = least[rows], most[rows]
        elif effect.type == "shapefactor":
            size = effect.block.bins.stop - effect.block.bins.start
            least, most = least[:size], most[:size]
        ends = np.stack([low[place] * least, low[place] * most, high[place] * least, high[place] * most])
        low[place], high[place] = ends.min(axis=0), ends.max(axis=0)
    return low.sum(axis=0) < 0.0


def _range(parameters: ParameterSet) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    low, high = parameters.bounds.T
    if parameters.constraint == "none":
        high = np.maximum(high, _FAR)
    return np.minimum(low, parameters.start), np.maximum(high, parameters.start)


def _added(
    specification: Specification, sample: int, bins: slice, data: Mapping[str, NDArray], parameters: ParameterSet
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The least and the most that a histosys adds, (b,) each."""
    nominal = specification.nominal[sample, bins]
    up, down = data["hi_data"] - nominal, nominal - data["lo_data"]
    (low,), (high,) = _range(parameters)
    alpha, bent = _interpolated(float(low), float(high))
    change = 0.5 * alpha * (up + down) + 0.0625 * bent * (up - down)
    return change.min(axis=0), change.max(axis=0)


@cache
def _interpolated(low: float, high: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    alpha = np.linspace(low, high, _POINTS)[:, None]
    return alpha, np.asarray(kink(jnp.asarray(alpha)))
