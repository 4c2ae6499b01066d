"""The published likelihood on the measured sky."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.results import Axis, Column, Number, Table
from analysis.studies.arrivals.settings import CATALOGUES
from analysis.studies.arrivals.sources.scanning import CatalogueScans
from analysis.studies.arrivals.statistics import chance

__all__ = ["NAMES", "PUBLISHED", "compare"]

NAMES = {
    "starburst": "Starburst galaxies",
    "swift_bat": "AGN, Swift-BAT",
    "fermi_2fhl": "AGN, Fermi 2FHL",
    "starburst_44": "Starburst galaxies, larger catalogue",
}
_HERE = {"starburst": 23, "swift_bat": 213, "fermi_2fhl": 17, "starburst_44": 44}
PUBLISHED = (38.0, 25.0, 0.09, 25.0)
"""Threshold (EeV), radius (degrees), fraction and TS of 44 starburst galaxies (ApJ 935 (2022) 170, Sec. 4.2)."""
_TOLD = "published: TS 25.0 at 38 EeV, 25°, 9 % with 44 galaxies"
_NOTES = {
    "starburst": f"{_TOLD}; this catalogue has 23, those of 2018",
    "swift_bat": "213 sources; the published catalogue is larger",
    "fermi_2fhl": "17 sources; the published catalogue is another and larger one",
    "starburst_44": _TOLD,
}


def compare(
    measured: Mapping[str, NDArray[np.float64]],
    observatory: Mapping[str, NDArray[np.float64]],
    hypotheses: Mapping[str, NDArray[np.float64]],
    scans: Mapping[str, NDArray[np.float64]],
) -> dict[str, Any]:
    """Scan the measured sky with all catalogues, and isotropic skies with them.

    Args:
        measured: events with ``directions``, in the order of falling energy.
        observatory: energies and zenith ranges.
        hypotheses: maps of the catalogues.
        scans: of isotropic skies.

    Returns:
        ``numbers``, ``tables``, ``headline``; ``scans``, TS and fraction by catalogue, threshold and radius; and
        ``isotropic``, the largest TS of isotropic skies by catalogue.
    """
    found = CatalogueScans(observatory, hypotheses)(measured["directions"])
    thresholds, radii = hypotheses["thresholds"], hypotheses["radii"]
    numbers, rows, largest = [], [], {}
    for name in CATALOGUES:
        statistic, fraction = found[name]
        row, column = (int(one) for one in np.unravel_index(int(statistic.argmax()), statistic.shape))
        skies = scans[f"isotropic.{name}_ts"]
        largest[name] = skies.max(axis=1)
        at_threshold = chance(statistic[row].max(), skies[:, row])
        after = chance(statistic.max(), largest[name])
        best = float(statistic.max()), float(thresholds[row]), float(radii[column]), float(fraction[row, column])
        rows.append((name, best, at_threshold, after))
        note, title = _NOTES[name], NAMES[name]
        numbers += [
            Number(f"ts_{name}", f"{title}: largest TS", best[0], None, None, "", "catalogue likelihood", note),
            Number(
                f"threshold_{name}", f"{title}: threshold", best[1], None, None, "EeV", "catalogue likelihood", note
            ),
            Number(f"radius_{name}", f"{title}: radius", best[2], None, None, "deg", "catalogue likelihood", note),
            Number(
                f"fraction_{name}", f"{title}: fraction", 100.0 * best[3], None, None, "%", "catalogue likelihood", note
            ),
            Number(
                *(f"p_threshold_{name}", f"{title}: p-value at its threshold", at_threshold.value, at_threshold.error),
                *(None, "", "isotropic skies, radius and fraction free", at_threshold.note),
            ),
            Number(
                *(f"p_{name}", f"{title}: p-value after all trials", after.value, after.error),
                *(None, "", "isotropic skies, threshold, radius and fraction free", after.note),
            ),
        ]
    named = {NAMES[name]: one for name, one, *_ in rows}
    return {
        "numbers": numbers,
        "tables": [_table(rows)],
        "headline": {
            **{
                name: f"TS {ts:.1f} above {threshold:.0f} EeV within {radius:.0f}°, {100 * fraction:.1f} %"
                for name, (ts, threshold, radius, fraction) in named.items()
            },
            f"{NAMES['starburst']}, p-value after all trials": f"{rows[0][3].value:.2g}",
        },
        "scans": {
            name: {"ts": statistic.tolist(), "fraction": fraction.tolist()}
            for name, (statistic, fraction) in found.items()
        },
        "thresholds": thresholds.tolist(),
        "radii": radii.tolist(),
        "isotropic": {name: np.round(values, 4).tolist() for name, values in largest.items()},
    }


def _table(rows: list[Any]) -> Table:
    first = [name == "starburst_44" for name, *_ in rows]
    published = list(zip(*(PUBLISHED if one else (None,) * 4 for one in first), strict=True))

    def column(title: str, unit: str, values: Any, errors: Any = None) -> Column:
        return Column(title, unit, tuple(values), {} if errors is None else {"stat": tuple(errors)}, {})

    return Table(
        "catalogues",
        "The catalogue likelihood at its largest TS, beside the published one of 44 starburst galaxies",
        (Axis("Catalogue", "", tuple(NAMES[name] for name, *_ in rows)),),
        (
            column("Sources", "", [float(_HERE[name]) for name, *_ in rows]),
            column("TS", "", [best[0] for _, best, *_ in rows]),
            column("Threshold", "EeV", [best[1] for _, best, *_ in rows]),
            column("Radius", "deg", [best[2] for _, best, *_ in rows]),
            column("Fraction", "%", [100.0 * best[3] for _, best, *_ in rows]),
            column("p-value at the threshold", "", [p.value for *_, p, _ in rows], [p.error for *_, p, _ in rows]),
            column("p-value after all trials", "", [p.value for *_, p in rows], [p.error for *_, p in rows]),
            column("TS, published", "", published[3]),
            column("Threshold, published", "EeV", published[0]),
            column("Radius, published", "deg", published[1]),
            column("Fraction, published", "%", [None if one is None else 100.0 * one for one in published[2]]),
        ),
    )
