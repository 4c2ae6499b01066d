"""Mean and variance of ln A, the logarithm of the mass number, of a mixture of primaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.errors import StudyError

__all__ = ["log_masses", "mean", "variance"]

Array = NDArray[np.float64]


def log_masses(names: Sequence[str], mass_numbers: Mapping[str, int]) -> Array:
    """Ln A of primaries, (s,).

    Args:
        names: (s,) of the primaries.
        mass_numbers: by name.

    Raises:
        StudyError: a primary's mass number is not known.

    Examples:
        >>> log_masses(("proton", "iron"), {"proton": 1, "iron": 56}).round(3)
        array([0.   , 4.025])
    """
    unknown = [name for name in names if name not in mass_numbers]
    if unknown:
        raise StudyError(
            f"the mass number of {', '.join(unknown)} is not known",
            cure="add it to the primaries of the composition's settings",
        )
    return np.log(np.array([mass_numbers[name] for name in names], np.float64))


def mean(fractions: Array, logarithms: Array) -> Array:
    """<ln A>, (...); the sum of f ln A.

    Args:
        fractions: (..., s), with the sum 1.
        logarithms: (s,) ln A.
    """
    return np.sum(fractions * logarithms, axis=-1)


def variance(fractions: Array, logarithms: Array) -> Array:
    """Variance of ln A, (...); arguments as in :func:`mean`.

    Examples:
        >>> float(variance(np.array([0.5, 0.5]), np.array([0.0, 4.0])))
        4.0
    """
    return mean(fractions, logarithms**2) - mean(fractions, logarithms) ** 2
