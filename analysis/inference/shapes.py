"""Shapes of distributions; none is normalised."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray
from scipy.special import voigt_profile

from analysis.errors import StudyError
from analysis.step import Step

__all__ = [
    "breit_wigner",
    "crystal_ball",
    "exponential",
    "gaussian",
    "polynomial",
    "shape_of",
    "voigt",
]

Array = NDArray[np.float64]
Window = tuple[float, float]


def gaussian(x: Array, mean: float, sigma: float) -> Array:
    """Evaluate a normal distribution."""
    return np.exp(-0.5 * ((x - mean) / sigma) ** 2)


def crystal_ball(x: Array, mean: float, sigma: float, alpha: float, n: float) -> Array:
    """Evaluate a normal distribution with a power-law tail at low values (M. Oreglia, SLAC-R-236 (1980), appendix D).

    Args:
        x: where.
        mean: of the core.
        sigma: of the core.
        alpha: distance of the tail's begin from the mean in sigmas; negative for a tail at high values.
        n: power of the tail.
    """
    t = np.sign(alpha) * (x - mean) / sigma
    size = abs(alpha)
    # (n / size)^n exp(-size^2 / 2) (n / size - size - t)^-n, without large numbers
    tail = np.exp(-0.5 * size**2 - n * np.log1p(size / n * np.maximum(-t - size, 0.0)))
    return np.where(t > -size, np.exp(-0.5 * np.maximum(t, -size) ** 2), tail)


def voigt(x: Array, mean: float, width: float, sigma: float) -> Array:
    """Evaluate a Breit-Wigner (Cauchy) distribution of full width ``width``, smeared by a normal one of ``sigma``."""
    return voigt_profile(x - mean, sigma, width / 2.0)


def breit_wigner(x: Array, mean: float, width: float) -> Array:
    """Evaluate a relativistic Breit-Wigner distribution of masses with a constant width (PDG review, resonances)."""
    return x**2 / ((x**2 - mean**2) ** 2 + mean**2 * width**2)


def exponential(x: Array, slope: float, *, window: Window) -> Array:
    """Evaluate exp(-slope x), 1 in the middle of the window."""
    return np.exp(-slope * (x - (window[0] + window[1]) / 2.0))


def polynomial(x: Array, *coefficients: float, window: Window) -> Array:
    """Evaluate 1 + c1 T1 + c2 T2 ..., Chebyshev polynomials over the window."""
    scaled = (2.0 * x - window[0] - window[1]) / (window[1] - window[0])
    return np.maximum(chebyshev.chebval(scaled, (1.0, *coefficients)), 0.0)


_READY: dict[str, Callable[..., Array]] = {
    one.__name__: one for one in (gaussian, crystal_ball, voigt, breit_wigner, exponential, polynomial)
}


def shape_of(shape: str | Step, parameters: int, window: Window) -> Callable[..., Array]:
    """Find the function of a shape.

    Args:
        shape: name of one of this module, or a step.
        parameters: how many it is to have.
        window: that it is fitted in.

    Returns:
        ``f(x, *parameters) -> array``.

    Raises:
        StudyError: there is no such shape, or it has another number of parameters.
    """
    if isinstance(shape, str) and shape not in _READY:
        raise StudyError(f"no shape is called {shape!r}", cure=f"use a Step, or one of: {', '.join(_READY)}")
    function: Callable[..., Any] = _READY[shape] if isinstance(shape, str) else shape.load()
    arguments = inspect.signature(function).parameters.values()
    positional = [
        a for a in arguments if a.kind in (a.POSITIONAL_ONLY, a.POSITIONAL_OR_KEYWORD) and a.name != "settings"
    ]
    any_number = any(a.kind is a.VAR_POSITIONAL for a in arguments)
    if not any_number and len(positional) - 1 != parameters:
        names = ", ".join(a.name for a in positional[1:])
        raise StudyError(
            f"the curve {shape if isinstance(shape, str) else shape.function!r} has {len(positional) - 1} parameters "
            f"({names}), and {parameters} are given",
            cure="give one FitParameter for each, in this order",
        )
    keywords: dict[str, Any] = {"window": window} if any(a.name == "window" for a in arguments) else {}
    if isinstance(shape, Step) and shape.settings is not None:
        keywords["settings"] = shape.settings
    return lambda x, *values: function(x, *values, **keywords)
