"""Systematic uncertainties of the networks' X_max: what shifted simulations change, with networks of the nominal one.

Each shifted set has the same showers as the nominal one, with one thing changed. A hybrid calibration is derived from
each set as from data: it takes away what all showers have in common, and leaves what differs between primaries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.results import Axis, Column, Number, Table
from analysis.studies.airshower.observatory.depth_scale import fit_depth_scale
from analysis.studies.airshower.observatory.showers import Showers, of_dataset

if TYPE_CHECKING:
    from analysis.learning.application.scores import Scores
    from analysis.studies.airshower.observatory.settings import SystematicsSettings

__all__ = ["evaluate"]

Array = NDArray[np.float64]

_UNIT = "g/cm2"
_METHOD = "the same simulated showers with one thing changed, networks of the nominal simulation"


class _Set(NamedTuple):
    """Showers of one simulation: identities, mass numbers, and errors of X_max before and after the calibration."""

    identity: NDArray[np.uint64]
    masses: NDArray[np.int64]
    before: Array
    after: Array


def evaluate(
    reconstructed: dict[str, ak.Array],
    scores: dict[str, Scores],
    truth: dict[str, ak.Array],
    settings: SystematicsSettings,
) -> dict[str, Any]:
    """Compare errors of X_max in shifted sets with those in the nominal one, shower by shower.

    ``before``: change of the mean error. ``after``: what is left of it for a primary by itself once the scale has been
    calibrated on hybrid events of the shifted set, as root mean square over the primaries, their own statistical
    uncertainty taken out; for the mixture that was calibrated with, it is zero but for the number of hybrid events.

    Args:
        reconstructed: by data set and shift, with ``identity``, ``good``, ``energy``, ``zenith`` and ``fd_xmax``.
        scores: of the same events.
        truth: of the same events, with ``xmax`` and ``mass_number``.
        settings: sources and their shifts.

    Returns:
        ``sources``: by name, ``before`` and ``after`` with ``value`` and ``uncertainty``, and ``primaries``; ``sum``:
        both, added in quadrature; ``numbers``, ``tables`` and ``headline``.

    Raises:
        DataError: a set is missing, or has too few showers in common with the nominal one.
    """
    nominal = _set(reconstructed, scores, truth, settings.dataset, settings)
    sources: dict[str, dict[str, Any]] = {}
    for shift, _ in settings.sources:
        shifted = _set(reconstructed, scores, truth, f"{settings.dataset}.{shift}", settings)
        sources[shift] = _changes(nominal, shifted, shift)
    total = {
        part: round(float(np.sqrt(sum(one[part]["value"] ** 2 for one in sources.values()))), 4)
        for part in ("before", "after")
    }
    spread = {
        part: round(
            float(np.sqrt(sum((one[part]["value"] * one[part]["uncertainty"]) ** 2 for one in sources.values())))
            / max(total[part], 1e-9),
            4,
        )
        for part in total
    }
    numbers = [
        Number(
            f"depth_systematic_{part}",
            f"systematic uncertainty of X_max of the networks, {part} the calibration on hybrid events",
            total[part],
            (spread[part],) * 2,
            None,
            _UNIT,
            _METHOD + ", sum in quadrature",
            "simulation",
        )
        for part in ("before", "after")
    ]
    return {
        "sources": sources,
        "sum": total,
        "numbers": [one.as_json() for one in numbers],
        "tables": [_table(sources, total, spread, dict(settings.sources)).as_json()],
        "headline": {
            one.title: f"{one.value:.1f} ± {spread[part]:.1f} {_UNIT} (simulation)"
            for one, part in zip(numbers, total, strict=True)
        },
    }


def _set(
    reconstructed: dict[str, ak.Array],
    scores: dict[str, Scores],
    truth: dict[str, ak.Array],
    name: str,
    settings: SystematicsSettings,
) -> _Set:
    some: Showers = of_dataset(reconstructed, scores, name, settings.scale.prediction)
    good = np.asarray(reconstructed[name]["good"], np.bool_)
    true = np.asarray(truth[name]["xmax"], np.float64)[good]
    scale = fit_depth_scale(some, (settings.scale.energy, settings.scale.secant), settings.scale.least_energy)
    masses = np.asarray(truth[name]["mass_number"], np.int64)[good]
    return _Set(some.identity, masses, some.depth - true, scale.corrected(some) - true)


def _changes(nominal: _Set, shifted: _Set, shift: str) -> dict[str, Any]:
    _, first, second = np.intersect1d(nominal.identity, shifted.identity, return_indices=True)
    if len(first) < 2:
        raise DataError(
            f"{len(first)} showers are well reconstructed both with and without the shift {shift!r}",
            cure="simulate more of them",
        )
    before = shifted.before[second] - nominal.before[first]
    after = shifted.after[second] - nominal.after[first]
    masses = nominal.masses[first]
    rows = {str(mass): masses == mass for mass in np.unique(masses) if np.sum(masses == mass) > 1}
    means = np.array([after[of].mean() for of in rows.values()])
    errors = np.array([after[of].std(ddof=1) / np.sqrt(of.sum()) for of in rows.values()])
    left = float(np.sqrt(max(np.mean(means**2) - np.mean(errors**2), 0.0)))
    return {
        "showers": len(first),
        "before": _value(float(before.mean()), float(before.std(ddof=1) / np.sqrt(len(before)))),
        "after": _value(left, float(np.sqrt(np.mean(errors**2) / len(means)))),
        "primaries": {name: _value(m, e) for name, m, e in zip(rows, means.tolist(), errors.tolist(), strict=True)},
    }


def _value(value: float, uncertainty: float) -> dict[str, float]:
    return {"value": round(value, 4), "uncertainty": round(uncertainty, 4)}


def _table(
    sources: dict[str, dict[str, Any]], total: dict[str, float], spread: dict[str, float], titles: dict[str, str]
) -> Table:
    def column(part: str, title: str) -> Column:
        values = (*(one[part]["value"] for one in sources.values()), total[part])
        stat = (*((one[part]["uncertainty"],) * 2 for one in sources.values()), (spread[part],) * 2)
        return Column(title, _UNIT, values, {"stat": stat}, {"data": "simulation"})

    axis = Axis("source", "", (*(titles[name] for name in sources), "sum in quadrature"))
    columns = (
        column("before", "mean of all, before the calibration"),
        column("after", "single primaries, after it (r.m.s.)"),
    )
    return Table("depth_systematics", "Systematic uncertainties of the networks' X_max", (axis,), columns)
