"""Settings of a fit; nothing heavy is imported, so that a study can hold these objects."""

from __future__ import annotations

import math
from dataclasses import dataclass

from analysis.errors import StudyError

__all__ = ["MinimiserSettings"]


@dataclass(frozen=True)
class MinimiserSettings:
    """Settings of the minimiser: limits of its search, and the criterion of convergence.

    Args:
        iterations: expansions of the objective, at most.
        tolerance: a minimum is found when the estimated distance to it, in the objective's unit, is smaller. With a
            negative log-likelihood, 1e-12 is 1.4e-6 standard deviations.
        attempts: shorter steps that are tried where a step does not lead down, at most.

    Raises:
        StudyError: a value is not positive.
    """

    iterations: int = 100
    tolerance: float = 1e-12
    attempts: int = 40

    def __post_init__(self) -> None:
        for name, value in (
            ("iterations", self.iterations),
            ("tolerance", self.tolerance),
            ("attempts", self.attempts),
        ):
            if not (math.isfinite(value) and value > 0):
                raise StudyError(f"the minimiser's {name} is {value}", cure="give a positive number")
