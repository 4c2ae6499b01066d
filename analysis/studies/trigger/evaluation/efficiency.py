"""Efficiencies of triggers with the same rate: of stations, and of the array."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from analysis.events.columns import nested_values, values
from analysis.results import Axis, Column, Number, Table
from analysis.studies.airshower.array import number_of_stations
from analysis.studies.airshower.simulation.triggers import event_trigger, triangles
from analysis.studies.trigger.evaluation.rates import discriminants
from analysis.studies.trigger.settings import HEADINGS, NETWORK, TRIGGERS

if TYPE_CHECKING:
    from analysis.studies.airshower.settings import ObservatorySettings
    from analysis.studies.trigger.evaluation.settings import EfficiencySettings

__all__ = ["evaluate", "interval", "recorded"]

# of a normal distribution within one standard deviation
_INSIDE = 0.6826894921370859


def interval(passed: int, number: int) -> tuple[float, float, float]:
    """A share and its uncertainty downwards and upwards: the central 68.3 % of Jeffreys' posterior, share inside.

    Examples:
        >>> [round(one, 3) for one in interval(9, 10)]
        [0.9, 0.134, 0.058]
    """
    share = passed / number
    low, high = (
        float(betaincinv(passed + 0.5, number - passed + 0.5, p)) for p in ((1 - _INSIDE) / 2, (1 + _INSIDE) / 2)
    )
    return share, max(share - low, 0.0), max(high - share, 0.0)


def recorded(fired: NDArray[np.bool_], classical: ak.Array, observatory: ObservatorySettings) -> NDArray[np.bool_]:
    """Find the showers, of n, in which three neighbouring stations trigger.

    Args:
        fired: (m,) which stations trigger, of all showers in a row.
        classical: n showers with the numbers of their stations.
        observatory: the array.
    """
    number = ak.to_numpy(ak.num(classical.stations))
    array = np.zeros((len(number), number_of_stations(observatory)), np.bool_)
    array[np.repeat(np.arange(len(number)), number), nested_values(classical.stations.station)] = fired
    return event_trigger(array, triangles(observatory))


def evaluate(
    classical: Mapping[str, ak.Array],
    judged: Mapping[str, ak.Array],
    truth: Mapping[str, ak.Array],
    rates: Mapping[str, Any],
    settings: EfficiencySettings,
) -> dict[str, Any]:
    """Compare the efficiencies of triggers at their thresholds of the same rate.

    Args:
        classical: largest thresholds of the classical triggers, by data set: ``stations`` and ``showers``.
        judged: largest outputs of the network, by data set.
        truth: of the same events.
        rates: with ``thresholds``.
        settings: bins and ranges.

    Returns:
        ``headline``, ``numbers``, ``tables``, and ``efficiencies`` by quantity and trigger, for figures.
    """
    fired = {
        name: {
            one: largest >= rates["thresholds"][one]
            for one, largest in discriminants(classical[name], judged[name]).items()
        }
        for name in ("stations", "showers")
    }
    stations, showers = truth["stations"], truth["showers"]
    array = {
        one: recorded(passed, classical["showers"], settings.observatory) for one, passed in fired["showers"].items()
    }
    log10_energy = np.log10(values(showers, "energy"))
    binned = {
        "signal": _binned(fired["stations"], values(stations, "signal"), settings.signals),
        "distance": _binned(fired["stations"], values(stations, "distance"), settings.distances),
        "array": _binned(array, log10_energy, settings.energies),
    }
    titles = {
        "signal": ("Efficiency of a station", "Expected signal", "VEM"),
        "distance": ("Efficiency of a station, showers of all energies", "Distance to the axis", "m"),
        "array": ("Efficiency of three neighbouring stations", "log10(E/eV)", ""),
    }
    low, high = settings.faint
    faint = (values(stations, "signal") >= low) & (values(stations, "signal") < high)
    inside = (log10_energy >= settings.range[0]) & (log10_energy < settings.range[1])
    below = log10_energy < settings.range[0]
    ranges = {
        "station": (fired["stations"], faint, f"efficiency of a station, {low:g} to {high:g} VEM"),
        "array": (array, inside, "efficiency of the array, 10^{:g} to 10^{:g} eV".format(*settings.range)),
        "array_below": (array, below, f"efficiency of the array, below 10^{settings.range[0]:g} eV"),
    }
    numbers, headline = [], {}
    for what, (passed, chosen, title) in ranges.items():
        for one in TRIGGERS:
            share, down, up = interval(int(passed[one][chosen].sum()), int(chosen.sum()))
            numbers.append(_number(f"{what}_{one}", f"{title}, {TRIGGERS[one]}", share, (down, up)))
            headline[f"{title}, {TRIGGERS[one]}"] = f"{100 * share:.2f} %"
        for peer in ("over_threshold", "short_window"):
            gain, error = _gain(passed[NETWORK][chosen], passed[peer][chosen])
            numbers.append(
                _number(f"{what}_gain_{peer}", f"{title}: network less {TRIGGERS[peer]}", gain, (error, error))
            )
    return {
        "headline": headline,
        "numbers": [one.as_json() for one in numbers],
        "tables": [_table(name, *titles[name], binned[name]).as_json() for name in binned],
        "efficiencies": binned,
    }


def _binned(
    passed: Mapping[str, NDArray[np.bool_]], quantity: NDArray[Any], edges: tuple[float, ...]
) -> dict[str, Any]:
    """Efficiencies in bins with events, as lists that JSON holds."""
    place = np.searchsorted(edges, quantity, side="right") - 1
    filled = [number for number in range(len(edges) - 1) if (place == number).any()]
    found: dict[str, Any] = {"edges": [[edges[number], edges[number + 1]] for number in filled]}
    for one, flags in passed.items():
        found[one] = [interval(int(flags[place == n].sum()), int((place == n).sum())) for n in filled]
    return found


def _gain(network: NDArray[np.bool_], peer: NDArray[np.bool_]) -> tuple[float, float]:
    """Difference of two efficiencies of the same events, and its statistical uncertainty."""
    difference = network.astype(np.float64) - peer
    return float(difference.mean()), float(difference.std() / np.sqrt(len(difference)))


def _number(name: str, title: str, share: float, errors: tuple[float, float]) -> Number:
    down, up = (100 * one for one in errors)
    return Number(name, title, 100 * share, (down, up), None, "%", "all triggers at the same rate", "simulation")


def _table(name: str, title: str, quantity: str, unit: str, binned: Mapping[str, Any]) -> Table:
    columns = tuple(
        Column(
            HEADINGS[one],
            "",
            tuple(share for share, _, _ in binned[one]),
            {"stat": tuple((down, up) for _, down, up in binned[one])},
            {},
        )
        for one in TRIGGERS
    )
    axis = Axis(quantity, unit, tuple((low, high) for low, high in binned["edges"]))
    return Table(f"efficiency_{name}", f"{title}, all triggers at the same rate", (axis,), columns)
