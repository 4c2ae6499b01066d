"""Sensitivity: how many events have to come from sources for 3 standard deviations?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.results import Axis, Column, Number, Table
from analysis.studies.arrivals.datasets import FIELDS, ISOTROPIC, REFERENCE
from analysis.studies.arrivals.statistics import Tail, significances

if TYPE_CHECKING:
    from analysis.studies.arrivals.network.settings import SensitivitySettings

__all__ = ["METHODS", "Curve", "compare_sensitivities", "median_curve"]

METHODS = {"network": "graph network", "likelihood": "catalogue likelihood"}

Array = NDArray[np.float64]


class Curve:
    """Median significance against the fraction of events from sources.

    Args:
        fractions: (f,), rising.
        median: (f,) in standard deviations.
        error: (f,) of the median, from resampled skies.
        needed: fraction for the wanted significance.
        needed_error: of it, downwards and upwards.
    """

    def __init__(self, fractions: Array, median: Array, error: Array, needed: float, replicas: Array) -> None:
        self.fractions, self.median, self.error, self.needed = fractions, median, error, needed
        low, high = np.quantile(replicas, [0.16, 0.84])
        self.needed_error = (max(needed - float(low), 0.0), max(float(high) - needed, 0.0))


def median_curve(
    fraction: Array, statistic: Array, isotropic: Array, settings: SensitivitySettings, stream: int
) -> Curve:
    """Compute the curve of one method; uncertainties by resampling skies, isotropic ones, too.

    Args:
        fraction: of the skies, (n,).
        statistic: of the skies, (n,).
        isotropic: of isotropic skies, (m,).
        settings: of the sensitivity.
        stream: number of the random numbers for resampling.
    """
    fractions = np.unique(fraction)
    groups = [statistic[fraction == one] for one in fractions]
    median = _medians(groups, Tail.of(isotropic))
    random = np.random.Generator(np.random.Philox(key=(settings.seed << 64) | stream))
    replicas = np.stack(
        [
            _medians(
                [random.choice(group, len(group)) for group in groups],
                Tail.of(random.choice(isotropic, len(isotropic))),
            )
            for _ in range(settings.replicas)
        ]
    )
    needed = [_needed(fractions, one, settings.significance) for one in replicas]
    return Curve(
        fractions, median, replicas.std(axis=0), _needed(fractions, median, settings.significance), np.array(needed)
    )


def _medians(groups: list[Array], tail: Tail) -> Array:
    return significances(tail.p_values(np.array([np.median(one) for one in groups])))


def _needed(fractions: Array, median: Array, significance: float) -> float:
    """Where the curve, made to rise, reaches a significance; between the points it is straight, from 0 on; else
    the largest fraction.
    """
    rising = np.maximum.accumulate(np.concatenate([[0.0], median]))
    steps = np.concatenate([[True], np.diff(rising) > 0])
    points = np.concatenate([[0.0], fractions])[steps]
    return float(np.interp(significance, rising[steps], points, right=fractions[-1]))


def compare_sensitivities(
    scores: Mapping[str, Array], scans: Mapping[str, Array], settings: SensitivitySettings
) -> dict[str, Any]:
    """Compare the network and the catalogue likelihood on the same skies.

    Args:
        scores: of skies by data set, with ``ts`` of the networks.
        scans: of the same skies, with ``starburst_ts`` of the likelihood; of other isotropic ones.
        settings: of the sensitivity.

    Returns:
        ``numbers``, ``tables``, ``headline``; ``curves`` by field and method.
    """
    isotropic = {
        "network": scores[f"{REFERENCE}.ts"][:, 0],
        "likelihood": scans[f"{ISOTROPIC}.starburst_ts"].max(axis=1),
    }
    curves: dict[str, dict[str, Curve]] = {}
    for number, (name, _, _) in enumerate(FIELDS):
        found = {
            "network": scores[f"{name}.ts"][:, 0],
            "likelihood": scans[f"{name}.starburst_ts"].max(axis=1),
        }
        fraction = scores[f"{name}.fraction"]
        curves[name] = {
            method: median_curve(fraction, found[method], isotropic[method], settings, 2 * number + place)
            for place, method in enumerate(METHODS)
        }
    numbers = [
        Number(
            f"needed_{method}_{name}",
            f"fraction for {settings.significance:.0f} standard deviations, {words}: {METHODS[method]}",
            100.0 * curves[name][method].needed,
            (100.0 * curves[name][method].needed_error[0], 100.0 * curves[name][method].needed_error[1]),
            None,
            "%",
            "median of simulated skies, calibrated on isotropic ones",
            "simulation",
        )
        for name, _, words in FIELDS
        for method in METHODS
    ]
    told = {one.name: f"{one.value:.1f} %" for one in numbers}
    return {
        "numbers": numbers,
        "tables": [_table(curves)],
        "headline": {
            f"fraction for {settings.significance:.0f} sigma, {words}": f"network {told[f'needed_network_{name}']}, "
            f"likelihood {told[f'needed_likelihood_{name}']}"
            for name, _, words in FIELDS
        },
        "curves": {
            name: {
                method: {
                    "fraction": one.fractions.tolist(),
                    "median": one.median.tolist(),
                    "error": one.error.tolist(),
                    "needed": one.needed,
                    "needed_error": list(one.needed_error),
                }
                for method, one in by_method.items()
            }
            for name, by_method in curves.items()
        },
        "significance": settings.significance,
        "isotropic": {name: np.round(values, 4).tolist() for name, values in isotropic.items()},
    }


def _table(curves: dict[str, dict[str, Curve]]) -> Table:
    words = {name: text for name, _, text in FIELDS}
    rows = [(words[name], one, place) for name in curves for place, one in enumerate(curves[name]["network"].fractions)]
    columns = []
    for method, title in METHODS.items():
        values = np.concatenate([curves[name][method].median for name in curves])
        errors = np.concatenate([curves[name][method].error for name in curves])
        pairs = tuple((float(one), float(one)) for one in errors)
        columns.append(
            Column(
                f"Median significance, {title}",
                "sigma",
                tuple(map(float, values)),
                {"stat": pairs},
                {"data": "simulation"},
            )
        )
    return Table(
        "sensitivity",
        "Median significance of simulated skies against the fraction of events from starburst galaxies. Simulation",
        (
            Axis("Coherent field", "", tuple(one for one, _, _ in rows)),
            Axis("Fraction", "%", tuple(round(100.0 * float(one), 6) for _, one, _ in rows)),
        ),
        tuple(columns),
    )
