"""Posterior predictive checks: would the model, as it was inferred, have given measurements like these?

Of a statistic T that the likelihood does not use, the check is the probability that replicated measurements have a
larger
T (Gelman, Meng and Stern, Statistica Sinica 6 (1996) 733). It is between 0.025 and 0.975 where the model does well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.results import Axis, Column, Number, Table
from analysis.studies.faraday.prediction import predictive
from analysis.studies.faraday.settings import CheckSettings
from analysis.studies.faraday.spectrum import PUBLISHED_SLOPE, slopes
from analysis.studies.faraday.sphere import chord, directions, nearest

__all__ = ["check", "statistics_of"]

# few enough to draw hundreds of replications
_LARGE = 300.0


def statistics_of(sources: Mapping[str, NDArray]) -> dict[str, tuple[str, Callable[[NDArray], float]]]:
    """Make statistics of rotation measures: by name, unit and a function of these in rad/m2."""
    from scipy.spatial import cKDTree

    latitude = np.abs(sources["latitude"])
    tree = cKDTree(directions(sources["longitude"], sources["latitude"]))
    close = tree.query_pairs(chord(0.5), output_type="ndarray")
    wide = tree.query_pairs(chord(2.0), output_type="ndarray")
    # as many as there are close ones, evenly out of all
    wide = wide[np.linspace(0, len(wide) - 1, min(len(wide), 20000)).astype(int)]

    def difference(pairs: NDArray) -> Callable[[NDArray], float]:
        return lambda rm: float(np.median(np.abs(rm[pairs[:, 0]] - rm[pairs[:, 1]])))

    def typical(chosen: NDArray) -> Callable[[NDArray], float]:
        return lambda rm: float(np.median(np.abs(rm[chosen])))

    return {
        "median |RM| at |b| < 5 deg": ("rad/m2", typical(latitude < 5.0)),
        "median |RM| at 5 < |b| < 30 deg": ("rad/m2", typical((latitude >= 5.0) & (latitude < 30.0))),
        "median |RM| at |b| > 30 deg": ("rad/m2", typical(latitude >= 30.0)),
        "90 % quantile of |RM|": ("rad/m2", lambda rm: float(np.quantile(np.abs(rm), 0.9))),
        f"share of |RM| > {_LARGE:.0f} rad/m2": ("", lambda rm: float(np.mean(np.abs(rm) > _LARGE))),
        "median difference of pairs within 0.5 deg": ("rad/m2", difference(close)),
        "median difference of pairs within 2 deg": ("rad/m2", difference(wide)),
    }


def check(sources: Mapping[str, NDArray], sky: Mapping[str, NDArray], settings: CheckSettings) -> dict[str, Any]:
    """Compare measurements with replications by the inferred model, and its power spectrum with the published one.

    Args:
        sources: all of them.
        sky: record of the inference of all sources.
        settings: of the checks.

    Returns:
        ``numbers`` (slope of C_l, median scatter of catalogues in rad/m2), ``tables`` and ``headline``.
    """
    places = directions(sources["longitude"], sources["latitude"])
    # the nearest one of all is the source itself
    separation = nearest(places, places, 2)[0][:, 1]
    distribution = predictive(sky, sources, separation)
    functions = statistics_of(sources)
    replicated: dict[str, list[float]] = {name: [] for name in functions}
    for sample in range(len(distribution.location)):
        for repetition in range(settings.replications):
            drawn = distribution.draw(sample, settings.seed + 1000 * repetition)
            for name, (_, function) in functions.items():
                replicated[name].append(function(drawn))
    numbers = _numbers(sky)
    return {
        "numbers": numbers,
        "tables": [_checks_table(functions, sources["rm"], replicated), _catalogues_table(sources, sky)],
        "headline": {one.title: _told(one) for one in numbers},
    }


def _numbers(sky: Mapping[str, NDArray]) -> list[Number]:
    slope, method = slopes(sky["spectrum"]), "posterior samples, geometric variational inference"
    scatter, unresolved = sky["scatter"], sky["unresolved"]
    note = f"published: {PUBLISHED_SLOPE} (Oppermann et al. 2012, with other sources)"
    return [
        _number("slope", "slope of the angular power spectrum", slope, "", method, note),
        _number("scatter", "median scatter of catalogues", scatter, "rad/m2", method),
        _number(
            "unresolved", "scatter on smaller scales, in units of the profile at 100 rad/m2", unresolved, "", method
        ),
    ]


def _number(name: str, title: str, samples: NDArray, unit: str, method: str, note: str = "") -> Number:
    error = float(samples.std(ddof=1))
    return Number(name, title, float(samples.mean()), (error, error), None, unit, method, note)


def _told(one: Number) -> str:
    from analysis.inference.rounding import measured_text

    assert one.stat is not None
    return f"{measured_text(one.value, ('', one.stat))} {one.unit}".rstrip()


def _checks_table(functions: Mapping[str, Any], rm: NDArray, replicated: Mapping[str, list[float]]) -> Table:
    values = [np.array(replicated[name]) for name in functions]
    measured = tuple(function(rm) for _, function in functions.values())
    errors = {"stat": tuple((float(one.std(ddof=1)),) * 2 for one in values)}
    larger = tuple(float(np.mean(one >= own)) for one, own in zip(values, measured, strict=True))
    units = tuple(unit or "1" for unit, _ in functions.values())
    return Table(
        "posterior_predictive",
        "Posterior predictive checks: statistics of the measurements and of replications by the model",
        (Axis("statistic", "", tuple(functions)), Axis("unit", "", units)),
        (
            Column("measured", "", measured, {}, {}),
            Column("replicated", "", tuple(float(one.mean()) for one in values), errors, {}),
            Column("probability of a larger one", "", larger, {}, {}),
        ),
    )


def _catalogues_table(sources: Mapping[str, NDArray], sky: Mapping[str, NDArray]) -> Table:
    from analysis.studies.faraday.catalogues import CATALOGUES

    scatter = sky["by_catalogue"]
    used = sources["used"]
    errors = tuple((float(one),) * 2 for one in scatter.std(axis=0, ddof=1))
    seen = [index for index in range(len(CATALOGUES)) if used[index]]
    return Table(
        "catalogues",
        "Catalogues: measurements, sources of which theirs is kept, and inferred scatter beyond their uncertainties",
        (
            Axis("catalogue", "", tuple(CATALOGUES[index].name for index in seen)),
            Axis("reference", "", tuple(CATALOGUES[index].reference for index in seen)),
        ),
        (
            Column("measurements", "", tuple(int(sources["rows"][index]) for index in seen), {}, {}),
            Column("kept", "", tuple(int(used[index]) for index in seen), {}, {}),
            Column(
                "scatter",
                "rad/m2",
                tuple(float(scatter[:, index].mean()) for index in seen),
                {"stat": tuple(errors[index] for index in seen)},
                {},
            ),
        ),
    )
