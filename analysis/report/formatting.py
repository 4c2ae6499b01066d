"""Numbers as a reader wants to see them: rounded to what is known, with signs, times and sizes in words."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from analysis.inference.rounding import compact, fixed, measured_text
from analysis.results import Number

__all__ = [
    "count",
    "duration",
    "event_count",
    "file_size",
    "moment",
    "number_text",
    "significant",
]


def significant(value: float, digits: int = 4) -> str:
    """A number whose uncertainty is not known, with so many digits; whole numbers, such as counts, keep theirs.

    Examples:
        >>> [significant(value) for value in (5.56044, -12.9446, 0.000372104, 13572.3, 13572.0, 1.23456e-7, 0.0)]
        ['5.560', '−12.94', '0.0003721', '13570', '13572', '1.235 × 10⁻⁷', '0']
    """
    rounded = value if float(value).is_integer() else float(f"{value:.{digits}g}")
    if rounded == value or not 1e-4 <= abs(rounded) < 1e6:
        return compact(rounded)
    return fixed(rounded, digits - 1 - math.floor(math.log10(abs(rounded))))


def number_text(number: Number) -> str:
    """A number with its uncertainties and unit as text.

    Examples:
        >>> number_text(Number("mu", "strength", 0.9712, (0.021, 0.021), (0.051, 0.062), "", "fit"))
        '0.971 ± 0.021 (stat) −0.051 +0.062 (syst)'
        >>> number_text(Number("m", "mass", 91.2, None, None, "GeV", "fit"))
        '91.2 GeV'
    """
    pairs = {"stat": number.stat, "syst": number.syst}
    known = {name: pair for name, pair in pairs.items() if pair is not None}
    if not known:
        return compact(number.value) + (f" {number.unit}" if number.unit else "")
    return f"{measured_text(number.value, *known.items())} {number.unit}".rstrip()


def count(number: int, what: str) -> str:
    """A number of things.

    Examples:
        >>> count(1, "record"), count(12345, "record")
        ('1 record', '12,345 records')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def event_count(events: int | None) -> str:
    """A number of events, in groups of three digits; a dash if there is none."""
    return "–" if events is None else f"{events:,}"


def duration(seconds: float) -> str:
    """A time as people say it.

    Examples:
        >>> [duration(seconds) for seconds in (0.04, 3.21, 59.96, 75.0, 7260.0)]
        ['0.04 s', '3.2 s', '1 min 00 s', '1 min 15 s', '2 h 01 min']
    """
    if seconds < 1.0:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def file_size(number: int) -> str:
    """A number of bytes in units of 1000.

    Examples:
        >>> file_size(512), file_size(512_549), file_size(3_200_000_000)
        ('512 B', '513 kB', '3.2 GB')
    """
    size = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.5:
            return f"{size:.0f} {unit}" if size >= 10 or unit == "B" else f"{size:.1f} {unit}"
        size /= 1000.0
    return f"{size:,.1f} TB"


def moment(iso: str) -> str:
    """A time in ISO 8601 as date and time in UTC.

    Examples:
        >>> moment("2026-11-22T05:24:07.134+01:00")
        '2026-11-22 04:24:07 UTC'
    """
    return f"{datetime.fromisoformat(iso).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
