"""Simulation of a circuit by Verilator, one event in each clock cycle."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import StudyError
from analysis.studies.trigger.synthesis.circuit import NAME

if TYPE_CHECKING:
    from analysis.studies.trigger.synthesis.circuit import Circuit

__all__ = ["PROGRAMS", "simulate"]

PROGRAMS = ("verilator", "make", "g++")
LINES = 5  # of what a program says before it ends
FLAGS = "-std=c++17 -O1"
# around da4ml's simulation of a circuit, which takes arrays
MAIN = """
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

extern "C" void inference(int32_t *inputs, int32_t *outputs, size_t events, size_t threads);

int main(int, char **names) {
    size_t events = strtoull(names[3], nullptr, 10);
    std::FILE *file = std::fopen(names[1], "rb");
    std::fseek(file, 0, SEEK_END);
    std::vector<int32_t> inputs(std::ftell(file) / 4), outputs(events * strtoull(names[4], nullptr, 10));
    std::rewind(file);
    if (std::fread(inputs.data(), 4, inputs.size(), file) != inputs.size()) return 1;
    std::fclose(file);
    inference(inputs.data(), outputs.data(), events, 1);
    file = std::fopen(names[2], "wb");
    if (std::fwrite(outputs.data(), 4, outputs.size(), file) != outputs.size()) return 1;
    return std::fclose(file);
}
"""


def simulate(circuit: Circuit, inputs: np.ndarray) -> np.ndarray:
    """The outputs of a circuit, in the network's integers.

    Events enter in cycle after cycle, and an output is read as many cycles after its event as the circuit says: with
    another latency, or with events that do not enter in each cycle, outputs would be those of other events.

    Args:
        circuit: to be simulated.
        inputs: (n, f) integers.

    Returns:
        (n, o) int64.

    Raises:
        StudyError: a program is not installed, or it fails.
    """
    if missing := [program for program in PROGRAMS if shutil.which(program) is None]:
        raise StudyError(
            f"the circuit cannot be simulated: {', '.join(missing)} is not installed",
            cure="apt-get install verilator make g++",
        )
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for room, texts in (("src", circuit.files), ("sim", circuit.simulation)):
            for name, text in texts.items():
                (folder / room / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / room / name).write_text(text)
        (folder / "sim" / "main.cc").write_text(MAIN)
        bits = _run(_build(folder / "sim"), inputs, circuit.outputs)
    # of 32 bits, those that are there, of which the first one may be a sign
    unused = 32 - circuit.output_bits
    shifted = bits << np.uint32(unused)
    integers = (shifted.view(np.int32) if circuit.output_signed else shifted).astype(np.int64)
    return (integers >> unused) << circuit.output_shift


def _build(folder: Path) -> Path:
    """Build the simulation as a program.

    Raises:
        StudyError: Verilator or the compiler fails.
    """
    wrapper = f"{NAME}_wrapper"
    command = ["verilator", "--cc", "--exe", "--build", "-j", str(len(os.sched_getaffinity(0)))]
    command += ["--prefix", f"V{wrapper}", "-I../src", "-I../src/static", "-CFLAGS", f"{FLAGS} -I.."]
    command += [f"{wrapper}.v", f"{wrapper}_binder.cc", "main.cc"]
    _call(command, folder, "cannot be built")
    return folder / "obj_dir" / f"V{wrapper}"


def _run(program: Path, inputs: np.ndarray, outputs: int) -> np.ndarray:
    """The bits of the outputs, (n, o) uint32.

    Raises:
        StudyError: the program fails.
    """
    given, found = program.with_name("inputs"), program.with_name("outputs")
    inputs.astype(np.int32).tofile(given)
    _call([str(program), str(given), str(found), str(len(inputs)), str(outputs)], program.parent, "fails")
    return np.fromfile(found, np.uint32).reshape(len(inputs), outputs)


def _call(command: list[str], folder: Path, what: str) -> None:
    done = subprocess.run(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    if done.returncode:
        said = "\n    ".join(done.stdout.strip().splitlines()[-LINES:])
        raise StudyError(
            f"the simulation of the circuit {what}:\n    {said}",
            cure="Debian's Verilator, 5.006, is known to serve: use that one, or tell the authors",
        )
