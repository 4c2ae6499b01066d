"""Rounding: of numbers that results keep, and of measured numbers that people read.

Results are kept without the last digits, which rounding errors decide. A measured number is told with two digits of its
largest uncertainty, on the page, on terminals, in tables, figures and docs alike: everything that tells one calls
:func:`decimals` or :func:`measured_text`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["compact", "decimals", "fixed", "interval_text", "measured_text", "rounded", "rounded_all", "told"]

_DIGITS = 8
# of the unit in which a number matters: how well a minimum is known
_DECIMALS = 7
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


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
    # the rest of this module is for whatever shows numbers, which must not load it
    import numpy as np

    values, units = np.broadcast_arrays(np.asarray(values, float), np.asarray(unit, float))
    if values.ndim == 0:
        return rounded(float(values), float(units))  # type: ignore[return-value]
    return [rounded_all(part, own) for part, own in zip(values, units, strict=True)]


def decimals(uncertainties: Iterable[float]) -> int:
    """Number of decimals that leaves the largest uncertainty two digits; negative where tens or hundreds are rounded.

    It holds for the value and for all its uncertainties, downwards and upwards, so that they can be compared by eye.

    Args:
        uncertainties: zeros do not count.

    Examples:
        >>> [decimals([u]) for u in (0.0354, 0.0949, 0.0996, 12.3, 1834.0)], decimals([0.002, 0.15])
        ([3, 3, 2, 0, -2], 2)
    """
    largest = max(map(abs, uncertainties), default=0.0)
    # 0.0996 has two digits as 0.10
    return 1 - int(f"{largest:.1e}".partition("e")[2]) if largest > 0.0 else 0


def compact(value: float) -> str:
    """A number with six digits at most, very large and very small ones with a power of ten.

    Examples:
        >>> compact(741.25), compact(-0.5), compact(1.234e19), compact(-2e-7)
        ('741.25', '−0.5', '1.234 × 10¹⁹', '−2 × 10⁻⁷')
    """
    digits, _, power = f"{value:.6g}".replace("-", "−").partition("e")
    return f"{digits} × 10{str(int(power.replace('−', '-'))).translate(_RAISED)}" if power else digits


def fixed(value: float, places: int) -> str:
    """A number with that many decimals and a true minus sign.

    Examples:
        >>> fixed(-0.12345, 2), fixed(1834.0, -2), fixed(-0.001, 1)
        ('−0.12', '1800', '0.0')
    """
    text = f"{round(value, places):.{max(places, 0)}f}"
    return text.lstrip("-") if float(text) == 0.0 else text.replace("-", "−")


def told(value: float, places: int) -> str:
    """A number with that many decimals, as a power of ten where that is read more easily.

    Examples:
        >>> told(0.97312, 3), told(1.23456e19, -16), told(-0.0000123456, 8)
        ('0.973', '1.235 × 10¹⁹', '−1.235 × 10⁻⁵')
    """
    if abs(value) < 1e6 and places <= 6:
        return fixed(value, places)
    return compact(round(value, places))


def interval_text(pair: tuple[float, float], places: int) -> str:
    """Uncertainties downwards and upwards with so many decimals; as one where they are the same then.

    Examples:
        >>> interval_text((0.02, 0.02), 2), interval_text((0.02, 0.03), 2)
        ('± 0.02', '−0.02 +0.03')
    """
    down, up = (told(part, places) for part in pair)
    return f"± {up}" if down == up else f"−{down} +{up}"


def measured_text(value: float, *uncertainties: tuple[str, tuple[float, float]]) -> str:
    """A number with its uncertainties for people, all rounded to two digits of the largest one.

    Args:
        value: the best estimate.
        *uncertainties: name (may be empty) and size downwards and upwards.

    Examples:
        >>> measured_text(0.97312, ("stat", (0.0212, 0.0208)), ("syst", (0.051, 0.062)))
        '0.973 ± 0.021 (stat) −0.051 +0.062 (syst)'
        >>> measured_text(12.0, ("", (100.0, 100.0)))
        '10 ± 100'
    """
    known = [part for _, pair in uncertainties for part in pair]
    places = decimals(known if any(known) else [value or 1.0])
    parts = [told(value, places)]
    for name, pair in uncertainties:
        size = interval_text(pair, places)
        parts.append(f"{size} ({name})" if name else size)
    return " ".join(parts)
