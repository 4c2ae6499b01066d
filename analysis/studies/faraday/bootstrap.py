"""Uncertainties of medians and of their ratios, by paired bootstrap."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

__all__ = ["Gain", "gains", "median_errors"]

Gain = tuple[float, tuple[float, float], float]
_INTERVAL = (0.158655, 0.841345)


def median_errors(errors: Mapping[str, NDArray], repetitions: int, seed: int) -> dict[str, NDArray]:
    """Compute medians of errors in samples drawn with replacement, the same sources for all of them.

    Args:
        errors: absolute errors of the same sources by name, shape (n,).
        repetitions: number of samples.
        seed: of the random numbers.

    Returns:
        Medians by name, shape (repetitions,).
    """
    random = np.random.default_rng(seed)
    number = len(next(iter(errors.values())))
    found: dict[str, list[float]] = {name: [] for name in errors}
    for _ in range(repetitions):
        rows = random.integers(0, number, number)
        for name, one in errors.items():
            found[name].append(float(np.median(one[rows])))
    return {name: np.array(one) for name, one in found.items()}


def gains(errors: Mapping[str, NDArray], medians: Mapping[str, NDArray], own: str = "field") -> dict[str, Gain]:
    """Compute by how much the median error is less than that of each rival.

    Args:
        errors: absolute errors by name, shape (n,).
        medians: of :func:`median_errors`.
        own: whose gains these are.

    Returns:
        By rival: 1 - median error / that of the rival; its statistical uncertainty downwards and upwards (68 %); and
        the share of samples in which there is no gain.
    """
    found = {}
    for name in errors:
        if name == own:
            continue
        value = 1.0 - float(np.median(errors[own]) / np.median(errors[name]))
        samples = 1.0 - medians[own] / medians[name]
        low, high = np.quantile(samples, _INTERVAL)
        found[name] = (
            value,
            (max(value - float(low), 0.0), max(float(high) - value, 0.0)),
            float(np.mean(samples <= 0)),
        )
    return found
