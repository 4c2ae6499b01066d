"""Results of the searches for an excess in a circle, beside the published numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.results import Axis, Column, Number, Table
from analysis.studies.arrivals.statistics import chance

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PUBLISHED", "Excess", "search_results"]

PUBLISHED = {"blind": (41.0, 24.0, 153, 97.7), "centaurus_a": (38.0, 27.0, 215, 152.0)}
"""Threshold (EeV), radius (degrees), observed and expected events (ApJ 935 (2022) 170, Sec. 4.1)."""

_TITLES = {"blind": "blind search", "centaurus_a": "Centaurus A"}
_CUTS = (40.0, 57.0, 80.0, 100.0)


@dataclass(frozen=True)
class Excess:
    """An excess of events in a circle.

    Args:
        threshold: EeV.
        radius: degrees.
        observed: number of events in the circle.
        expected: of isotropy.
        total: number of events above the threshold.
        right_ascension: of the middle, degrees.
        declination: of the middle, degrees.
    """

    threshold: float
    radius: float
    observed: int
    expected: float
    total: int
    right_ascension: float
    declination: float

    @property
    def p_value(self) -> float:
        """Probability of as many events or more, binomial."""
        from scipy.stats import binom

        return float(binom.sf(self.observed - 1, self.total, self.expected / self.total))


def search_results(
    measured: Mapping[str, NDArray[np.float64]],
    found: dict[str, Excess],
    significance: float,
    isotropic: NDArray[np.float64],
) -> dict[str, Any]:
    """Put numbers and tables together.

    Args:
        measured: events with ``energy`` and ``zenith``.
        found: the excesses by name.
        significance: largest square of it around Centaurus A.
        isotropic: the same of isotropic skies.
    """
    energy, inclined = measured["energy"], measured["zenith"] >= 60.0
    numbers = [
        Number(
            "events_vertical", "events with zenith angles below 60°", float((~inclined).sum()), None, None, "", "count"
        ),
        Number(
            "events_inclined", "events with zenith angles of 60° to 80°", float(inclined.sum()), None, None, "", "count"
        ),
        *(
            Number(
                f"events_{cut:.0f}",
                f"events above {cut:.0f} EeV",
                float((energy >= cut).sum()),
                None,
                None,
                "",
                "count",
            )
            for cut in _CUTS
        ),
    ]
    for name, excess in found.items():
        _, _, count, mean = PUBLISHED[name]
        circle = f"{_TITLES[name]}: above {excess.threshold:.0f} EeV within {excess.radius:.0f}°"
        numbers += [
            Number(
                f"{name}_observed",
                f"{circle}, observed",
                float(excess.observed),
                None,
                None,
                "",
                "count",
                f"published: {count}",
            ),
            Number(
                f"{name}_expected",
                f"{circle}, expected",
                round(excess.expected, 3),
                None,
                None,
                "",
                "exposure of isotropy in closed form",
                f"published: {mean}",
            ),
        ]
    local = found["centaurus_a"].p_value
    after = chance(significance, isotropic)
    numbers += [
        Number("centaurus_a_p_local", "p-value of Centaurus A in its best circle", local, None, None, "", "binomial"),
        Number(
            "centaurus_a_p",
            "p-value of Centaurus A after trials of thresholds and radii",
            after.value,
            after.error,
            None,
            "",
            f"{len(isotropic)} isotropic skies",
            after.note,
        ),
    ]
    observed = f"{found['centaurus_a'].observed} observed, {found['centaurus_a'].expected:.1f} expected"
    return {
        "numbers": numbers,
        "tables": [_table(found)],
        "headline": {
            "Centaurus A": observed,
            "blind search": f"{found['blind'].observed} observed, {found['blind'].expected:.1f} expected",
        },
    }


def _table(found: dict[str, Excess]) -> Table:
    published = [PUBLISHED[name] for name in found]
    columns = (
        ("Threshold", "EeV", [one.threshold for one in found.values()]),
        ("Radius", "deg", [one.radius for one in found.values()]),
        ("Right ascension", "deg", [round(one.right_ascension, 3) for one in found.values()]),
        ("Declination", "deg", [round(one.declination, 3) for one in found.values()]),
        ("Observed", "", [float(one.observed) for one in found.values()]),
        ("Expected", "", [round(one.expected, 3) for one in found.values()]),
        ("Observed, published", "", [float(one[2]) for one in published]),
        ("Expected, published", "", [one[3] for one in published]),
    )
    return Table(
        "circles",
        "The most significant excesses of events in circles, and those published (ApJ 935 (2022) 170)",
        (Axis("Search", "", tuple(_TITLES[name] for name in found)),),
        tuple(Column(title, unit, tuple(values), {}, {}) for title, unit, values in columns),
    )
