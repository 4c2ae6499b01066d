"""The measurement of the composition: fractions of primaries and ln A, for each model and energy bin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import FitError, StudyError
from analysis.studies.airshower.composition import log_mass
from analysis.studies.airshower.composition.goodness import Goodness, goodness
from analysis.studies.airshower.composition.intervals import Intervals, intervals
from analysis.studies.airshower.composition.likelihood import Channels, Fitted, expected, read_channels, solve
from analysis.studies.airshower.composition.results import headline, numbers, tables
from analysis.studies.airshower.composition.workspace import channel_bins

if TYPE_CHECKING:
    from analysis.studies.airshower.composition.settings import CompositionSettings

__all__ = ["fit"]

Array = NDArray[np.float64]

# fits are exact to 1e-6 or so; what is beyond depends on the machine
_DECIMALS = 6


def fit(workspaces: Mapping[str, Mapping[str, Any]], data: str, settings: CompositionSettings) -> dict[str, Any]:
    """Measure the composition in each energy bin, for each interaction model by itself.

    The fractions are those of the largest likelihood with the detector as it is calibrated; see
    :mod:`~analysis.studies.airshower.composition.intervals` for their uncertainties. The uncertainty of the variance
    of ln A is the root mean square deviation of toys (statistical) and the change with one standard deviation of each
    nuisance parameter (systematic). Columns have an entry for each energy bin, uncertainties are pairs, downwards and
    upwards:

    * ``energy``: ``low`` and ``high`` edge, log10(E/eV); ``events``.
    * ``fractions``: by primary, with ``value``, ``stat``, ``syst``, ``sources`` (by nuisance parameter), ``at_limit``.
    * ``log_mass``: ``mean`` and ``variance`` of ln A, in the same way.
    * ``goodness``: ``statistic``, ``ndf``, ``p_value`` (by toys), ``toys``, ``toys_converged``.
    * ``distribution``: ``depth`` (edges in g/cm2), ``counts`` and, by primary, the fitted ``expected`` events, for each
      energy bin.
    * ``converged``, ``iterations``.

    Args:
        workspaces: as :func:`~analysis.studies.airshower.composition.workspace.build` made them, by interaction model.
        data: ``"observed"``, or ``"asimov"``: what is expected of equal fractions; observed events are then not used.
        settings: mass numbers, toys, highlights.

    Returns:
        ``data``, ``models`` (as above, by name), ``numbers``, ``tables`` and ``headline``, as JSON.

    Raises:
        StudyError: the workspaces are not those of a composition, or the kind of data is unknown.
        FitError: a fit to the data did not converge.
    """
    if data not in ("observed", "asimov"):
        raise StudyError(f"there are no {data!r} data", cure="use one of: observed, asimov")
    channels = read_channels(workspaces)
    if data == "asimov":
        equal = np.full(len(channels.primaries), 1.0 / len(channels.primaries))
        channels = replace(
            channels, counts=np.stack([expected(channels, i, equal) for i in range(len(channels.names))])
        )
    logarithms = log_mass.log_masses(channels.primaries, dict(settings.primaries))
    index = np.arange(len(channels.names))
    best = solve(channels, index, channels.counts)
    _check(channels, best.converged)
    # all fractions and <ln A> of a channel, then those of the next
    quantities = np.concatenate([np.eye(len(logarithms)), logarithms[np.newaxis]])
    repeated = np.repeat(index, len(quantities))
    measured = intervals(channels, repeated, channels.counts[repeated], np.tile(quantities, (len(index), 1)))
    _check(channels, np.asarray(measured.converged.reshape(len(index), -1).all(axis=1)))
    good = goodness(channels, best, settings.toys, settings.seed)
    spread = _variance(channels, best, good, logarithms)
    models = {}
    for model in dict.fromkeys(channels.models):
        chosen = index[[name == model for name in channels.models]]
        models[model] = _model(channels, chosen, best, measured, good, spread, settings.toys)
    return {
        "data": data,
        "models": models,
        "numbers": [number.as_json() for number in numbers(models, settings, data)],
        "tables": [table.as_json() for table in tables(models, data)],
        "headline": headline(models, settings, data),
    }


def _check(channels: Channels, converged: NDArray[np.bool_]) -> None:
    failed = [f"{channels.models[i]} {channels.names[i]}" for i in np.flatnonzero(~converged)]
    if failed:
        raise FitError(
            f"the fit of the composition did not converge for {', '.join(failed)}",
            cure="look at the templates and the events of these channels with `pyhf inspect`",
        )


def _variance(channels: Channels, best: Fitted, good: Goodness, logarithms: Array) -> Intervals:
    """Variance of ln A in all channels."""
    size, kinds = len(channels.names), len(channels.nuisances)
    value = log_mass.variance(best.fractions, logarithms)
    toys = log_mass.variance(good.fractions, logarithms)
    stat = np.sqrt(np.nanmean((toys - value[:, np.newaxis]) ** 2, axis=1))
    index = np.tile(np.arange(size), 2 * kinds)
    points = np.repeat(np.concatenate([-np.eye(kinds), np.eye(kinds)]), size, axis=0)
    found = solve(channels, index, channels.counts[index], points)
    moved = log_mass.variance(found.fractions, logarithms).reshape(2, kinds, size) - value
    sources = np.stack([np.maximum(-moved, 0.0).max(axis=0), np.maximum(moved, 0.0).max(axis=0)], axis=1)
    return Intervals(
        value=value,
        stat=np.stack([stat, stat]),
        syst=np.sqrt((sources**2).sum(axis=0)),
        sources=sources,
        at_limit=np.zeros((2, size), bool),
        converged=np.asarray(found.converged.reshape(-1, size).all(axis=0)),
    )


def _model(
    channels: Channels,
    chosen: NDArray[np.int64],
    best: Fitted,
    measured: Intervals,
    good: Goodness,
    spread: Intervals,
    toys: int,
) -> dict[str, Any]:
    bins = [channel_bins(channels.names[i]) for i in chosen]
    stride = len(channels.primaries) + 1
    return {
        "energy": {"low": [b.energy[0] for b in bins], "high": [b.energy[1] for b in bins]},
        "events": [_rounded(channels.counts[i].sum()) for i in chosen],
        "fractions": {
            primary: _quantity(measured, chosen * stride + place, channels.nuisances)
            for place, primary in enumerate(channels.primaries)
        },
        "log_mass": {
            "mean": _quantity(measured, chosen * stride + stride - 1, channels.nuisances),
            "variance": _quantity(spread, chosen, channels.nuisances),
        },
        "goodness": {
            "statistic": _rounded(good.statistic[chosen]),
            "ndf": good.ndf[chosen].tolist(),
            "p_value": _rounded(good.p_value[chosen]),
            "toys": toys,
            "toys_converged": good.converged[chosen].tolist(),
        },
        "distribution": [_distribution(channels, i, best.fractions[i]) for i in chosen],
        "converged": best.converged[chosen].tolist(),
        "iterations": best.iterations[chosen].tolist(),
    }


def _quantity(measured: Intervals, rows: NDArray[np.int64], nuisances: tuple[str, ...]) -> dict[str, Any]:
    return {
        "value": _rounded(measured.value[rows]),
        "stat": _rounded(measured.stat[:, rows].T),
        "syst": _rounded(measured.syst[:, rows].T),
        "sources": {name: _rounded(measured.sources[kind][:, rows].T) for kind, name in enumerate(nuisances)},
        "at_limit": measured.at_limit[:, rows].T.tolist(),
    }


def _distribution(channels: Channels, index: int, fractions: Array) -> dict[str, Any]:
    size = channels.sizes[index]
    first, last = channel_bins(channels.names[index]).depth
    return {
        "depth": np.linspace(first, last, size + 1).tolist(),
        "counts": _rounded(channels.counts[index, :size]),
        "expected": {
            primary: _rounded(fractions[place] * channels.nominal[index, place, :size])
            for place, primary in enumerate(channels.primaries)
        },
    }


def _rounded(values: Any) -> Any:
    # adding zero makes -0 a 0
    return (np.round(np.asarray(values, np.float64), _DECIMALS) + 0.0).tolist()
