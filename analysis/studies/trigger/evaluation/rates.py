"""Thresholds of the same rate, and the rates that they have in an independent background."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.events.columns import nested_values, values
from analysis.results import Axis, Column, Number, Table
from analysis.studies.trigger.evaluation.noise import noise_rates
from analysis.studies.trigger.network.judging import trigger_network
from analysis.studies.trigger.settings import CLASSICAL, NETWORK, TRIGGERS

if TYPE_CHECKING:
    from analysis.learning.application.trained import Trained
    from analysis.studies.trigger.evaluation.settings import RateSettings

__all__ = ["compare", "discriminants", "rate_above", "threshold_of"]

Array = NDArray[np.float64]


def discriminants(classical: ak.Array, judged: ak.Array | None = None) -> dict[str, Array]:
    """The largest threshold at which each station still triggers, by trigger; of stations of all events in a row."""
    found = {name: nested_values(classical.stations[name]).astype(np.float64) for name in CLASSICAL}
    if judged is not None:
        found[NETWORK] = nested_values(judged.stations[NETWORK]).astype(np.float64)
    return found


def rate_above(largest: Array, weight: Array, threshold: float) -> tuple[float, float, int]:
    """Rate and its statistical uncertainty in Hz, and number of stretches that trigger.

    Args:
        largest: (n,) thresholds at which stretches still trigger.
        weight: (n,) in Hz.
        threshold: that is set.
    """
    accepted = np.where(largest >= threshold, weight, 0.0)
    return (
        float(accepted.mean()),
        float(np.sqrt((accepted**2).sum()) / len(accepted)),
        int(np.count_nonzero(accepted)),
    )


def threshold_of(largest: Array, weight: Array, rate: float) -> float:
    """The threshold with the rate that is nearest to what is wanted; arguments as above.

    Examples:
        >>> threshold_of(np.array([4.0, 3.0, 3.0, 1.0]), np.array([8.0, 8.0, 8.0, 40.0]), 5.0)
        3.0
    """
    steps, place = np.unique(largest, return_inverse=True)
    rates = np.cumsum(np.bincount(place, weights=weight)[::-1])[::-1] / len(largest)
    return float(steps[np.argmin(np.abs(rates - rate))])


def compare(
    classical: Mapping[str, ak.Array],
    judged: Mapping[str, ak.Array],
    truth: Mapping[str, ak.Array],
    training: Trained,
    settings: RateSettings,
) -> dict[str, Any]:
    """Choose thresholds with one background, and measure rates with another one.

    Args:
        classical: largest thresholds of the classical triggers, by data set.
        judged: largest outputs of the network, by data set.
        truth: with the weights of the stretches.
        training: whose network is the trigger.
        settings: which rate.

    Returns:
        ``headline``, ``numbers``, ``tables``, and ``thresholds`` by trigger: in VEM peaks, of the network in units of
        its output.

    Raises:
        DataError: the background has not enough triggers for the rate.
    """
    names = (settings.chosen, settings.independent)
    largest = {name: discriminants(classical[name], judged[name]) for name in names}
    weight = {name: values(truth[name], "weight") for name in names}
    thresholds = {one: threshold_of(largest[names[0]][one], weight[names[0]], settings.rate) for one in TRIGGERS}
    found = {
        name: {one: rate_above(largest[name][one], weight[name], thresholds[one]) for one in TRIGGERS} for name in names
    }
    for one, (rate, _, _) in found[names[0]].items():
        if abs(rate / settings.rate - 1.0) > 0.1:
            raise DataError(
                f"no threshold of the trigger {one!r} has a rate of {settings.rate:g} Hz in the background; the "
                f"nearest one has {rate:.3g} Hz",
                cure="simulate more background, or choose a network with more bits in its output",
            )
    noise = noise_rates(thresholds, trigger_network(training), settings)
    numbers, headline = [], {}
    for one, title in TRIGGERS.items():
        rate, error, _ = found[names[1]][one]
        headline[f"rate of {title}"] = f"{rate:.1f} ± {error:.1f} Hz"
        method = f"independent background, at the threshold with {settings.rate:g} Hz in another one"
        numbers += [
            Number(f"rate_{one}", f"rate, {title}", rate, (error, error), None, "Hz", method, "simulation"),
            Number(f"noise_{one}", f"rate of pure noise, {title}, at most", noise[one], None, None, "Hz", "computed"),
        ]
        if one in CLASSICAL:
            numbers.append(
                Number(f"threshold_{one}", f"threshold, {title}", thresholds[one], None, None, "VEM peaks", "by rate")
            )
    return {
        "headline": headline,
        "numbers": [one.as_json() for one in numbers],
        "tables": [_table(found, thresholds, names).as_json()],
        "thresholds": thresholds,
    }


def _table(
    found: Mapping[str, Mapping[str, tuple[float, float, int]]], thresholds: Mapping[str, float], names: tuple[str, str]
) -> Table:
    columns = [Column("Threshold", "", tuple(thresholds.values()), {}, {"unit": "VEM peaks; steps of the network"})]
    for name, title in zip(names, ("chosen with", "independent"), strict=True):
        rates = list(found[name].values())
        errors = tuple((error, error) for _, error, _ in rates)
        columns += [
            Column(f"Rate, {title}", "Hz", tuple(rate for rate, _, _ in rates), {"stat": errors}, {}),
            Column(f"Accepted, {title}", "", tuple(float(number) for _, _, number in rates), {}, {}),
        ]
    axis = Axis("Trigger", "", tuple(TRIGGERS[one] for one in thresholds))
    return Table("rates", "Rates of a station in two samples of background, by trigger", (axis,), tuple(columns))
