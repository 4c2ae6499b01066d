"""The networks of the scan: trained, at the rate of all triggers, and as circuits."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np

from analysis.events.columns import values
from analysis.learning.data.inputs import TrainingInputs, concatenate
from analysis.learning.networks.integer_network import IntegerNetwork
from analysis.learning.training.train import train
from analysis.results import Axis, Column, Number, Table
from analysis.step import Step
from analysis.studies.trigger.evaluation.efficiency import interval
from analysis.studies.trigger.evaluation.rates import rate_above, threshold_of
from analysis.studies.trigger.network.judging import largest_output, trigger_network
from analysis.studies.trigger.synthesis.circuit import design

if TYPE_CHECKING:
    from analysis.studies.trigger.scan.settings import ScanSettings

__all__ = ["collect", "learn", "make"]


def learn(inputs: Mapping[str, TrainingInputs], fold: int, settings: ScanSettings) -> dict[str, Any]:
    """Train a network.

    Args:
        inputs: what networks learn from.
        fold: number of the point.
        settings: which networks.

    Returns:
        The network in integers: ``weights`` and ``biases`` of each layer, and ``fractions``.
    """
    shape, training = settings.point(fold)
    build = Step("analysis.learning.networks.quantised:build", shape)
    with tempfile.TemporaryDirectory() as checkpoints:
        trained = train(concatenate(list(inputs.values())), build, training, checkpoints=Path(checkpoints))
    network = trigger_network(trained)
    return {
        "weights": [one.tolist() for one in network.weights],
        "biases": [one.tolist() for one in network.biases],
        "fractions": list(network.fractions),
    }


def make(
    raw: Mapping[str, ak.Array],
    truth: Mapping[str, ak.Array],
    variants: Sequence[Mapping[str, Any]],
    fold: int,
    settings: ScanSettings,
) -> dict[str, Any]:
    """Choose a network's threshold by the rate, and design its circuit.

    Args:
        raw: the background that thresholds are chosen with, and stations in showers.
        truth: of the same events.
        variants: networks of :func:`learn`.
        fold: number of the point.
        settings: which networks.

    Returns:
        Numbers by name: size, rate, efficiency with its uncertainty, and what the circuit takes.
    """
    shape, _ = settings.point(fold)
    found = variants[fold]
    weights, biases = (tuple(np.array(one, np.int64) for one in found[name]) for name in ("weights", "biases"))
    network = IntegerNetwork(shape.inputs, shape.activations, weights, biases, tuple(found["fractions"]))
    windows = settings.rates.windows
    background, stations = raw[settings.rates.chosen][: settings.stretches], raw["stations"]
    weight = values(truth[settings.rates.chosen], "weight")[: settings.stretches]
    largest, _ = largest_output(background, network, windows)
    threshold = threshold_of(largest.astype(np.float64), weight, settings.rates.rate)
    rate, error, _ = rate_above(largest.astype(np.float64), weight, threshold)
    signal = values(truth["stations"], "signal")
    faint = np.flatnonzero((signal >= settings.efficiencies.faint[0]) & (signal < settings.efficiencies.faint[1]))
    outputs, _ = largest_output(stations[faint], network, windows)
    circuit = design(network, settings.circuit)
    return {
        "hidden": list(shape.hidden),
        "bits": shape.weights.bits,
        "parameters": network.parameters,
        "rate": [rate, error],
        "efficiency": interval(int(np.count_nonzero(outputs >= threshold)), len(faint)),
        "cycles": circuit.cycles,
        "nanoseconds": circuit.nanoseconds,
        "lookup_tables": circuit.lookup_tables,
        "registers": circuit.registers,
    }


def collect(points: list[dict[str, Any]]) -> dict[str, Any]:
    """Put the networks of the scan side by side.

    Args:
        points: of :func:`make`.
    """
    names = tuple(f"{'-'.join(map(str, one['hidden']))}, {one['bits']} bits" for one in points)
    shares, rates = [one["efficiency"] for one in points], [one["rate"] for one in points]
    columns = (
        Column(
            "Efficiency",
            "%",
            tuple(100 * share for share, _, _ in shares),
            {"stat": tuple((100 * down, 100 * up) for _, down, up in shares)},
            {},
        ),
        Column("Rate", "Hz", tuple(rate for rate, _ in rates), {"stat": tuple((error,) * 2 for _, error in rates)}, {}),
        *(
            Column(title, unit, tuple(float(one[name]) for one in points), {}, {})
            for name, title, unit in (
                ("parameters", "Parameters", ""),
                ("nanoseconds", "Latency", "ns"),
                ("lookup_tables", "Look-up tables", ""),
                ("registers", "Registers", ""),
            )
        ),
    )
    table = Table(
        "scan", "Networks of several sizes and bit widths, all at the same rate", (Axis("Network", "", names),), columns
    )
    fewest = min(points, key=lambda one: one["lookup_tables"])
    number = Number(
        "scan_fewest", "look-up tables of the smallest network", float(fewest["lookup_tables"]), None, None, "", "da4ml"
    )
    return {"numbers": [number.as_json()], "tables": [table.as_json()], "points": points}
