"""The trigger network as a circuit, simulated with every event that triggers are judged by."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np

from analysis.errors import DataError
from analysis.events.columns import nested_values
from analysis.results import Number
from analysis.studies.trigger.network.judging import trigger_network
from analysis.studies.trigger.settings import NETWORK
from analysis.studies.trigger.synthesis.record import ARCHIVE
from analysis.studies.trigger.synthesis.synthesise import Synthesis, synthesise, write

if TYPE_CHECKING:
    from analysis.learning.application.trained import Trained
    from analysis.studies.trigger.synthesis.settings import CircuitSettings

__all__ = ["make", "numbers_of"]


def make(judged: Mapping[str, ak.Array], training: Trained, settings: CircuitSettings) -> dict[str, Any]:
    """Make a circuit of the trigger network, and simulate it with the window of each station that decides.

    Args:
        judged: what the network says, with ``window``, its inputs; by data set.
        training: whose network is the trigger.
        settings: of the circuit.

    Returns:
        ``headline``, ``numbers``, and ``circuit.zip``: Verilog, events with inputs and outputs, report.

    Raises:
        DataError: the circuit says something else than what triggers were judged by.
        StudyError: see :func:`analysis.studies.trigger.synthesis.synthesise.synthesise`.
    """
    network = trigger_network(training)
    stations = [ak.flatten(events.stations) for events in judged.values()]
    inputs = np.concatenate([nested_values(one.window).reshape(-1, network.widths[0]) for one in stations])
    said = np.concatenate([nested_values(one[NETWORK]) for one in stations])
    report, circuit, outputs = synthesise(network, inputs.astype(np.int64), settings)
    if not np.array_equal(outputs[:, 0], said):
        raise DataError("the circuit says something else than what triggers were judged by", cure="tell the authors")
    with tempfile.TemporaryDirectory() as temporary:
        write(Path(temporary), report, circuit, inputs, outputs)
        archive = _packed(Path(temporary))
    numbers = numbers_of(report)
    return {
        "headline": {one.title: f"{one.value:.5g} {one.unit}".strip() for one in numbers},
        "numbers": [one.as_json() for one in numbers],
        ARCHIVE: archive,
    }


def numbers_of(report: Synthesis) -> list[Number]:
    """What a circuit takes, as numbers of the study."""
    estimate = "as da4ml estimates"
    found = {
        "parameters": ("parameters of the network", report.parameters, "", "counted"),
        "kept": ("weights that are not 0", 100 * report.kept, "%", "counted"),
        "cycles": ("latency", report.cycles, "cycles", "as simulated"),
        "latency": (f"latency at {report.clock:g} MHz", report.nanoseconds, "ns", "cycles by the clock's period"),
        "interval": ("initiation interval", report.initiation_interval, "cycles", "as simulated"),
        "lookup_tables": ("look-up tables", report.lookup_tables, "", estimate),
        "registers": ("registers", report.registers, "", estimate),
        "vectors": ("events in the simulation of the circuit", report.vectors, "", "Verilator"),
        "exact": ("those of which it says the same, to the last bit", report.exact, "", "Verilator"),
    }
    return [
        Number(f"circuit_{name}", title, float(value), None, None, unit, method)
        for name, (title, value, unit, method) in found.items()
    ]


def _packed(folder: Path) -> bytes:
    """A zip archive of a folder; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(one for one in folder.rglob("*") if one.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix())
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()
