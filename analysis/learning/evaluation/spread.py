"""Bias and width of a weighted sample, with uncertainties; numbers that JSON can hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from analysis.inference.rounding import measured_text

__all__ = ["Estimate", "in_words", "merit_factor", "moments"]

Array = NDArray[np.float64]
Estimate = dict[str, float]

# the central part of a normal distribution within one standard deviation
_TAIL = float(ndtr(-1.0))


def moments(values: Array, weight: Array, least: int = 2) -> dict[str, Any]:
    """Mean and width of a sample.

    The mean's and the standard deviation's uncertainties hold for any shape with a fourth moment: s / sqrt(n) and
    sqrt((m4 - s^4) / (4 s^2 n)), with the effective number n = (sum w)^2 / (sum w^2) for weighted events. The robust
    width is half the distance of the quantiles at 15.9 % and 84.1 %, which is the standard deviation of a normal
    distribution and blind to far tails; its uncertainty is that of two quantiles (H. A. David and H. N. Nagaraja, Order
    Statistics, 3rd ed., section 10.2), the density being measured in their neighbourhood.

    Args:
        values: (n,).
        weight: (n,), not negative.
        least: in fewer events no moment is measured.

    Returns:
        ``events``; ``mean``, ``width`` and ``robust_width``, each with ``value`` and ``uncertainty``, or ``None`` where
        there are too few events.

    Examples:
        >>> found = moments(np.array([1.0, 2.0, 3.0, 4.0]), np.ones(4))
        >>> found["mean"]["value"], round(found["width"]["value"], 3)
        (2.5, 1.291)
        >>> moments(np.ones(1), np.ones(1))
        {'events': 1, 'mean': None, 'width': None, 'robust_width': None}
    """
    number = len(values)
    total = weight.sum()
    if number < max(least, 2) or total <= 0:
        return {"events": number, "mean": None, "width": None, "robust_width": None}
    share = weight / total
    effective = 1.0 / np.sum(share**2)
    mean = np.sum(share * values)
    square = np.sum(share * (values - mean) ** 2)
    fourth = np.sum(share * (values - mean) ** 4)
    width = math.sqrt(square * effective / max(effective - 1.0, 1e-9))
    spread = math.sqrt(max(fourth - square**2, 0.0) / (4.0 * square * effective)) if square > 0 else 0.0
    return {
        "events": number,
        "mean": _estimate(mean, width / math.sqrt(effective)),
        "width": _estimate(width, spread),
        "robust_width": _robust_width(values, share, effective),
    }


def merit_factor(first: Mapping[str, Any], second: Mapping[str, Any]) -> Estimate | None:
    """Compute the merit factor, the separation of two distributions: ``|m1 - m2| / sqrt(s1^2 + s2^2)``.

    Args:
        first: of :func:`moments`.
        second: of the same.

    Returns:
        ``value`` and ``uncertainty`` (error propagation; mean and width taken as independent); ``None`` where one of
        them has too few events, or neither has a width.

    Examples:
        >>> one = {"mean": {"value": 0.0, "uncertainty": 0.0}, "width": {"value": 3.0, "uncertainty": 0.0}}
        >>> two = {"mean": {"value": 10.0, "uncertainty": 0.5}, "width": {"value": 4.0, "uncertainty": 0.0}}
        >>> merit_factor(one, two)
        {'value': 2.0, 'uncertainty': 0.1}
    """
    if first["mean"] is None or second["mean"] is None:
        return None
    square = first["width"]["value"] ** 2 + second["width"]["value"] ** 2
    if square == 0:
        return None
    distance = abs(first["mean"]["value"] - second["mean"]["value"])
    variance = sum(one["mean"]["uncertainty"] ** 2 for one in (first, second)) / square
    variance += (
        distance**2
        * sum((one["width"]["value"] * one["width"]["uncertainty"]) ** 2 for one in (first, second))
        / square**3
    )
    return _estimate(distance / math.sqrt(square), math.sqrt(variance))


def _robust_width(values: Array, share: Array, effective: float) -> Estimate:
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    # the middle of each event's step: symmetric under a change of sign
    level = np.cumsum(share[order]) - share[order] / 2.0
    # narrow enough to see the density there, wide enough to hold some events
    half = min(0.5 * _TAIL, max(0.5 * effective**-0.2 * _TAIL, 1.0 / effective))
    low, high = _TAIL, 1.0 - _TAIL
    quantile = np.interp([low, high, low - half, low + half, high - half, high + half], level, ordered)
    slope = np.array([quantile[3] - quantile[2], quantile[5] - quantile[4]]) / (2.0 * half)
    # the quantiles' covariance is p1 (1 - p2) / (n f1 f2)
    variance = (_TAIL * (1.0 - _TAIL) * np.sum(slope**2) - 2.0 * _TAIL**2 * slope[0] * slope[1]) / effective
    return _estimate((quantile[1] - quantile[0]) / 2.0, math.sqrt(max(variance, 0.0)) / 2.0)


def _estimate(value: float, uncertainty: float) -> Estimate:
    return {"value": float(value), "uncertainty": float(uncertainty)}


def in_words(estimate: Mapping[str, float] | None, unit: str) -> str:
    """A value with its uncertainty and unit.

    Examples:
        >>> in_words({"value": 12.34, "uncertainty": 0.56}, "g/cm2"), in_words(None, "g/cm2")
        ('12.34 ± 0.56 g/cm2', 'too few events')
    """
    if estimate is None:
        return "too few events"
    size = (estimate["uncertainty"], estimate["uncertainty"])
    return f"{measured_text(estimate['value'], ('', size))} {unit}".rstrip()
