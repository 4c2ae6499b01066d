"""Numbers as results keep them: without the last digits, which rounding errors decide."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["measured_text", "rounded", "rounded_all"]

_DIGITS = 8
# of the unit in which a number matters: how well a minimum is known
_DECIMALS = 7


def rounded(value: float | None, unit: float = 1.0) -> float | None:
    """A number with eight digits, of which none is below 1e-7 of the unit in which it matters.

    Args:
        value: the number.
        unit: such as its uncertainty; 1 if it is not finite or not positive.

    Returns:
        The number, or ``None`` if it is not finite: JSON knows no such number.

    Examples:
        >>> rounded(1.23456789012), rounded(3e-13), rounded(float("nan")), rounded(123456.789012, 1e4)
        (1.2345679, 0.0, None, 123456.79)
    """
    if value is None or not math.isfinite(value):
        return None
    if value == 0.0:
        return 0.0
    unit = abs(unit) if math.isfinite(unit) and unit != 0.0 else 1.0
    decimals = min(_DIGITS - 1 - math.floor(math.log10(abs(value))), _DECIMALS - math.floor(math.log10(unit)))
    return round(float(value), decimals) + 0.0


def rounded_all(values: ArrayLike, unit: ArrayLike = 1.0) -> list[Any]:
    """The same of an array, as nested lists.

    Args:
        values: of any shape.
        unit: of the same shape, or one for all.
    """
    values, units = np.broadcast_arrays(np.asarray(values, float), np.asarray(unit, float))
    if values.ndim == 0:
        return rounded(float(values), float(units))  # type: ignore[return-value]
    return [rounded_all(part, own) for part, own in zip(values, units, strict=True)]


def measured_text(value: float, *uncertainties: tuple[str, tuple[float, float]]) -> str:
    """A number with its uncertainties for people, with two digits of the largest one.

    Args:
        value: the best estimate.
        *uncertainties: name (may be empty) and size downwards and upwards.

    Examples:
        >>> measured_text(0.97312, ("stat", (0.0212, 0.0208)), ("syst", (0.051, 0.062)))
        '0.973 ± 0.021 (stat) −0.051 +0.062 (syst)'
        >>> measured_text(12.0, ("", (100.0, 100.0)))
        '10 ± 100'
    """
    largest = max((abs(part) for _, pair in uncertainties for part in pair), default=0.0) or abs(value) or 1.0
    decimals = 1 - math.floor(math.log10(largest))

    def told(number: float) -> str:
        return f"{round(number, decimals) + 0.0:.{max(decimals, 0)}f}".replace("-", "−")

    parts = [told(value)]
    for name, (down, up) in uncertainties:
        same = told(down) == told(up)
        size = f"± {told(up)}" if same else f"−{told(down)} +{told(up)}"
        parts.append(f"{size} ({name})" if name else size)
    return " ".join(parts)
