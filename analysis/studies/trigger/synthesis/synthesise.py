"""A trained network as a circuit that has been seen to compute the same, bit for bit."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import StudyError
from analysis.studies.trigger.synthesis.circuit import Circuit, design
from analysis.studies.trigger.synthesis.simulation import simulate

if TYPE_CHECKING:
    from analysis.learning.networks.integer_network import IntegerNetwork
    from analysis.studies.trigger.synthesis.settings import CircuitSettings

__all__ = ["Synthesis", "synthesise", "write"]


@dataclass(frozen=True)
class Synthesis:
    """Size, latency and check of a circuit.

    Args:
        widths: number of features, and width of each layer.
        parameters: number of weights and biases of the network.
        kept: share of the weights that are not 0.
        clock: in MHz.
        cycles: from the edge of the clock that takes inputs to the one that shows outputs.
        nanoseconds: the same.
        initiation_interval: cycles between events.
        lookup_tables: of six inputs, as da4ml estimates.
        registers: bits of registers.
        vectors: number of events that the circuit was simulated with.
        exact: number of those whose outputs are those of the network in integers.
    """

    widths: tuple[int, ...]
    parameters: int
    kept: float
    clock: float
    cycles: int
    nanoseconds: float
    initiation_interval: int
    lookup_tables: int
    registers: int
    vectors: int
    exact: int


def synthesise(
    network: IntegerNetwork, inputs: np.ndarray, settings: CircuitSettings
) -> tuple[Synthesis, Circuit, np.ndarray]:
    """Design a circuit and simulate it with all events.

    Args:
        network: that it computes.
        inputs: (n, f) integers of the events, at least one.
        settings: of the circuit.

    Returns:
        The report, the circuit, and the circuit's outputs (n, o) int64.

    Raises:
        StudyError: there is no event; an input is beyond what inputs can be; a program is missing or fails; or an
            output differs from that of the network in integers, and the message names the event.
    """
    _check(inputs, network)
    circuit = design(network, settings)
    expected, found = network.evaluate(inputs), simulate(circuit, inputs)
    exact = (found == expected).all(axis=1)
    if not exact.all():
        event = int(np.argmin(exact))
        raise StudyError(
            f"the circuit differs from the network for {np.count_nonzero(~exact)} of {len(inputs)} events: of event "
            f"{event}, it says {found[event].tolist()}, not {expected[event].tolist()}",
            cure="this is a fault of the synthesis or of the simulator: tell the authors",
        )
    report = Synthesis(
        widths=network.widths,
        parameters=network.parameters,
        kept=network.kept,
        clock=settings.clock,
        cycles=circuit.cycles,
        nanoseconds=circuit.nanoseconds,
        initiation_interval=1,
        lookup_tables=circuit.lookup_tables,
        registers=circuit.registers,
        vectors=len(inputs),
        exact=int(exact.sum()),
    )
    return report, circuit, found


def write(folder: Path, report: Synthesis, circuit: Circuit, inputs: np.ndarray, outputs: np.ndarray) -> None:
    """Write Verilog, events and report; the same ones give the same bytes.

    Args:
        folder: gets ``verilog/`` with the circuit, ``vectors.csv`` with inputs and outputs of an event in each line,
            and ``report.json``.
        report: from :func:`synthesise`.
        circuit: from :func:`synthesise`.
        inputs: (n, f) integers.
        outputs: (n, o) integers.
    """
    for name, text in circuit.files.items():
        path = folder / "verilog" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    names = [
        f"{what}_{number}" for what, array in (("in", inputs), ("out", outputs)) for number in range(array.shape[1])
    ]
    table = np.concatenate([inputs, outputs], axis=1)
    np.savetxt(folder / "vectors.csv", table, fmt="%d", delimiter=",", header=",".join(names), comments="")
    (folder / "report.json").write_text(json.dumps(asdict(report), indent=1, sort_keys=True) + "\n")


def _check(inputs: np.ndarray, network: IntegerNetwork) -> None:
    """Check that events are inputs of a network.

    Raises:
        StudyError: they are not.
    """
    numbers = network.inputs
    if not len(inputs):
        raise StudyError("there are no events to simulate the circuit with", cure="use more events")
    beyond = (inputs < numbers.lowest) | (inputs > numbers.highest)
    if beyond.any():
        event = int(np.argmax(beyond.any(axis=1)))
        raise StudyError(
            f"event {event} has an input beyond {numbers.lowest} to {numbers.highest}",
            cure="round features as the network does: IntegerNetwork.round",
        )
