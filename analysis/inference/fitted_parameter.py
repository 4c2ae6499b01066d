"""A parameter after a fit."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["FittedParameter"]


class FittedParameter(NamedTuple):
    """A parameter after the fit.

    Attributes:
        name: of the parameter.
        value: the best one.
        uncertainty: of the value; 0 if it was fixed or is at its bound.
        start: before the fit.
        lower: bound.
        upper: bound.
        fixed: not fitted.
        constraint: ``"none"``, ``"normal"`` or ``"poisson"``.
        centre: of the constraint; ``None`` without.
        width: of the constraint, a standard deviation; ``None`` without.
    """

    name: str
    value: float
    uncertainty: float
    start: float
    lower: float
    upper: float
    fixed: bool
    constraint: str
    centre: float | None
    width: float | None

    @property
    def pull(self) -> float | None:
        """Pull: distance of the value from the constraint's centre, in widths; ``None`` without a constraint."""
        return None if self.centre is None or not self.width else (self.value - self.centre) / self.width

    @property
    def constrained_to(self) -> float | None:
        """Uncertainty in widths of the constraint; ``None`` without one."""
        return None if not self.width else self.uncertainty / self.width
