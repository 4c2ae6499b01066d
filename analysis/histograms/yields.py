"""Numbers of events by region and process, and what looks wrong in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import pdtr, pdtrc

from analysis.inference.rounding import rounded
from analysis.results import Axis, Column, Table

if TYPE_CHECKING:
    from analysis.histograms.histograms import Histograms
    from analysis.histograms.yield_settings import Yields

__all__ = ["count_events", "disagreements", "tabulate"]

Array = NDArray[np.float64]

_NOMINAL = "nominal"
_FACTOR, _P_VALUE = 10.0, 1e-3


def count_events(histograms: Histograms, settings: Yields) -> tuple[Array, Array, Array | None]:
    """Count events in regions.

    Args:
        histograms: scaled to the luminosity of the data.
        settings: r regions and p processes.

    Returns:
        Expected events (p, r), their statistical variances (p, r), and observed events (r,) or ``None``.

    Raises:
        StudyError: a region, process or variable was never filled.
    """

    def sums(process: str) -> Array:
        parts = (histograms.content(settings.variable, process, r.name, _NOMINAL) for r in settings.regions)
        return np.array([(values.sum(), variances.sum()) for values, variances in parts])

    simulated = np.array([sums(process.name) for process in settings.processes])
    return simulated[..., 0], simulated[..., 1], sums(settings.data)[:, 0] if settings.data else None


def tabulate(histograms: Histograms, settings: Yields) -> dict[str, Any]:
    """Make the table of numbers of events, such as a cut flow, as a result.

    Args:
        histograms: scaled to the luminosity of the data.
        settings: regions and processes.

    Returns:
        JSON with ``tables`` (one), ``numbers`` (none) and ``headline`` (warnings of :func:`disagreements`).
    """
    expected, variances, observed = count_events(histograms, settings)
    columns = [
        _column(process.title, values, np.sqrt(squares))
        for process, values, squares in zip(settings.processes, expected, variances, strict=True)
    ]
    columns.append(_column("Prediction", expected.sum(axis=0), np.sqrt(variances.sum(axis=0))))
    if observed is not None:
        columns.append(Column("Data", "", tuple(float(n) for n in observed), {}, {}))
    table = Table(
        name=settings.name,
        title=settings.title,
        axes=(Axis("Region", "", tuple(region.title or region.name for region in settings.regions)),),
        columns=tuple(columns),
    )
    warnings = disagreements(histograms, settings.data, tuple(region.name for region in settings.regions))
    headline = {"warning": "; ".join(warnings)} if warnings else {}
    return {"numbers": [], "tables": [table.as_json()], "headline": headline}


def disagreements(histograms: Histograms, data: str = "data", regions: tuple[str, ...] = ()) -> list[str]:
    """Warn of regions in which prediction and data differ by a factor of ten, beyond any fluctuation.

    That is what a wrong luminosity, cross section or number of generated events looks like. In each region the variable
    that has most events counts.

    Args:
        histograms: scaled to the luminosity of the data.
        data: name of the process of measured events.
        regions: that are looked at; all if empty.

    Returns:
        One sentence a region; none where there are no measured events.
    """
    if data not in histograms.processes:
        return []
    found = []
    for region in regions or histograms.regions:
        most = (0.0, 0.0)
        for variable in histograms.variables:
            filled = histograms.hists[variable]
            if region in filled.axes["region"] and data in filled.axes["process"]:
                sums = {
                    process: float(histograms.content(variable, process, region, _NOMINAL)[0].sum())
                    for process in filled.axes["process"]
                }
                observed = sums.pop(data)
                most = max(most, (observed, sum(sums.values())), key=sum)
        observed, expected = most
        if observed > _FACTOR * expected:
            p_value = pdtrc(observed - 1.0, max(expected, 0.0)) if observed >= 1.0 else 1.0
        elif expected > _FACTOR * observed:
            p_value = pdtr(observed, expected)
        else:
            continue
        if p_value < _P_VALUE:
            found.append(
                f"in the region {region!r} {observed:.4g} events are observed and {expected:.4g} expected: "
                "look at luminosity, cross sections, numbers of generated events and cuts"
            )
    return found


def _column(title: str, values: Array, uncertainties: Array) -> Column:
    return Column(
        title=title,
        unit="",
        values=tuple(rounded(float(v)) for v in values),
        errors={"stat": tuple((rounded(float(u)) or 0.0,) * 2 for u in uncertainties)},
        qualifiers={},
    )
