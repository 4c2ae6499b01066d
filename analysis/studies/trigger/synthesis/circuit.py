"""A network in integers as a pipelined circuit in Verilog, by da4ml (Sun et al., arXiv:2507.04535)."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import StudyError

if TYPE_CHECKING:
    from da4ml.types import CombLogic

    from analysis.learning.networks.integer_network import IntegerNetwork
    from analysis.studies.trigger.synthesis.settings import CircuitSettings

__all__ = ["NAME", "Circuit", "design"]

NAME = "trigger"  # of the Verilog module
# Debian's Verilator, 5.006, does not know this one, and takes what it does not know for an error
UNKNOWN_WARNING = "WIDTHTRUNC"


@dataclass(frozen=True, eq=False)
class Circuit:
    """A circuit that takes an event in each clock cycle.

    Its inputs are those of the network in the order of features, the first one in the lowest bits; so are its outputs.
    The module ``trigger_wrapper`` has as many bits for each of them.

    Args:
        files: texts of Verilog and constraints of the clock by path, without anything that depends on the machine.
        simulation: texts of C++ and a makefile, which simulate it.
        cycles: from the edge of the clock that takes inputs to the one that shows outputs.
        nanoseconds: the same, at the clock of the settings.
        lookup_tables: of six inputs, an estimate.
        registers: bits of registers.
        outputs: number of them.
        output_bits: of an output of ``trigger_wrapper``.
        output_signed: whether they are signed.
        output_shift: power of two by which its integers have to be multiplied to be those of the network.
    """

    files: Mapping[str, str]
    simulation: Mapping[str, str]
    cycles: int
    nanoseconds: float
    lookup_tables: int
    registers: int
    outputs: int
    output_bits: int
    output_signed: bool
    output_shift: int


def design(network: IntegerNetwork, settings: CircuitSettings) -> Circuit:
    """Design a circuit; the same network gives the same bytes.

    Nothing is multiplied: products with constant weights are sums of shifted inputs, of which outputs share what they
    can.

    Args:
        network: that it computes.
        settings: of the circuit.

    Raises:
        StudyError: the network's outputs do not depend on its inputs.
    """
    from da4ml.codegen import VerilogModel
    from da4ml.types import minimal_kif

    logic = _trace(network, settings)
    if any(low == high for low, high, _ in logic.out_qint):
        raise StudyError(
            "an output of the network is the same for all inputs: there is nothing to make a circuit of",
            cure="keep more of its weights, or train it longer",
        )
    with tempfile.TemporaryDirectory() as folder:
        model = VerilogModel(
            logic,
            NAME,
            folder,
            latency_cutoff=settings.additions,
            print_latency=False,
            clock_period=1000 / settings.clock,
        )
        model.write()
        files = _texts(Path(folder) / "src")
        simulation = _texts(Path(folder) / "sim")
    pipeline = model._pipe
    numbers = [minimal_kif(interval) for interval in pipeline.out_qint]
    signs, integers, fractions = (max(values) for values in zip(*numbers, strict=True))
    cycles = len(pipeline.solutions)
    return Circuit(
        files=files,
        simulation=simulation,
        cycles=cycles,
        nanoseconds=cycles * 1000 / settings.clock,
        lookup_tables=round(pipeline.cost),
        registers=pipeline.reg_bits,
        outputs=len(numbers),
        output_bits=signs + integers + fractions,
        output_signed=bool(signs),
        output_shift=-fractions,
    )


def _trace(network: IntegerNetwork, settings: CircuitSettings) -> CombLogic:
    """Trace the operations on integers."""
    from da4ml.trace import FixedVariableArrayInput, comb_trace

    numbers, activations = network.inputs, network.activations
    features = FixedVariableArrayInput((network.widths[0],), solver_options={"hard_dc": settings.depth})
    values = features.quantize(int(numbers.signed), numbers.bits - numbers.signed, 0)
    for number, (weights, biases) in enumerate(zip(network.weights, network.biases, strict=True)):
        if number:
            shift = network.fractions[number - 1] - activations.fraction
            # the binary point moves, which costs nothing; what is left of it is cut off in both directions
            values = (values * 2.0**-shift).quantize(0, activations.bits, 0, "SAT", "TRN")
        values = values @ weights.astype(np.float64) + biases.astype(np.float64)
    return comb_trace(features, values, keep_dead_inputs=True)


def _texts(folder: Path) -> dict[str, str]:
    """Texts of the files in a folder by path, in the order of their names."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): _known(path.read_text()) for path in files}


def _known(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if UNKNOWN_WARNING not in line)
