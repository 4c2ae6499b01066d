"""A network in integers as a circuit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import StudyError
from analysis.learning.networks.integer_network import IntegerNetwork
from analysis.learning.networks.quantised_settings import FixedPoint
from analysis.studies.trigger.synthesis import simulation
from analysis.studies.trigger.synthesis.circuit import Circuit, design
from analysis.studies.trigger.synthesis.settings import CircuitSettings
from analysis.studies.trigger.synthesis.synthesise import synthesise, write

pytest.importorskip("da4ml", reason="the study's packages are missing: ERUMFLOW_EXTRAS=trigger source setup.sh")


def network(widths: tuple[int, ...] = (6, 8, 1), inputs: FixedPoint | None = None, seed: int = 1) -> IntegerNetwork:
    random = np.random.default_rng(seed)
    pairs = list(pairwise(widths))
    return IntegerNetwork(
        inputs=inputs or FixedPoint(8, 3, signed=False),
        activations=FixedPoint(5, 2, signed=False),
        weights=tuple(random.integers(-8, 8, pair) * (random.random(pair) < 0.6) for pair in pairs),
        biases=tuple(random.integers(-100, 100, pair[1]) for pair in pairs),
        fractions=(8,) + (6,) * (len(pairs) - 1),
    )


def events(network: IntegerNetwork, number: int = 500) -> np.ndarray:
    random = np.random.default_rng(2)
    drawn = random.integers(network.inputs.lowest, network.inputs.highest + 1, (number, network.widths[0]))
    # as many bits as there are are set at once, and none
    drawn[0], drawn[1], drawn[2] = network.inputs.highest, network.inputs.lowest, 0
    return drawn


def test_da4ml_computes_what_integers_say() -> None:
    from analysis.studies.trigger.synthesis.circuit import _trace

    for seed in range(4):
        one = network((5, 7, 4, 2), FixedPoint(6, 2, signed=bool(seed % 2)), seed)
        given = events(one, 200)
        found = _trace(one, CircuitSettings()).predict(given.astype(np.float64))
        assert np.array_equal(found, one.evaluate(given))


def test_a_circuit_says_what_it_takes() -> None:
    one = design(network(), CircuitSettings())
    other = design(network(), CircuitSettings(clock=100.0, additions=2))
    assert one.nanoseconds == 5 * one.cycles
    assert other.cycles > one.cycles
    assert other.nanoseconds == 10 * other.cycles
    assert other.registers > one.registers > 0
    assert one.lookup_tables > 100
    assert "create_clock -period $clock_period" in one.files["trigger.xdc"]
    assert "WIDTHTRUNC" not in "".join(one.files.values())


def test_the_same_network_gives_the_same_bytes_anywhere(tmp_path: Path) -> None:
    code = (
        "from tests.analysis.studies.trigger.synthesis.test_synthesise import network, design, CircuitSettings\n"
        "import json, sys\n"
        "json.dump(dict(design(network(), CircuitSettings()).files), sys.stdout)\n"
    )
    root = str(Path(__file__).parents[5])
    environment = os.environ | {"PYTHONPATH": root, "PYTHONHASHSEED": "7", "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    files = design(network(), CircuitSettings()).files
    assert json.loads(done.stdout) == files
    text = "".join(files.values())
    assert not any(place in text for place in (root, str(tmp_path), "site-packages", "/tmp"))


def test_what_cannot_be_a_circuit_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    one = network()
    silent = replace(one, weights=(one.weights[0], one.weights[1] * 0))
    with pytest.raises(StudyError, match="the same for all inputs"):
        design(silent, CircuitSettings())
    with pytest.raises(StudyError, match="event 1 has an input beyond 0 to 255"):
        synthesise(one, np.array([[0] * 6, [256] * 6]), CircuitSettings())
    with pytest.raises(StudyError, match="no events"):
        synthesise(one, np.zeros((0, 6), int), CircuitSettings())
    monkeypatch.setenv("PATH", "")
    with pytest.raises(StudyError, match="verilator, make, g\\+\\+ is not installed") as error:
        synthesise(one, events(one), CircuitSettings())
    assert error.value.cure == "apt-get install verilator make g++"
    with pytest.raises(StudyError, match="additions"):
        CircuitSettings(additions=0)


@pytest.mark.services
def test_verilator_says_what_integers_say_of_every_event(verilator: None, tmp_path: Path) -> None:
    one = network((6, 8, 5, 2), FixedPoint(7, 3))
    given = events(one)
    report, circuit, outputs = synthesise(one, given, CircuitSettings(additions=2))
    assert (report.vectors, report.exact, report.initiation_interval) == (500, 500, 1)
    assert np.array_equal(outputs, one.evaluate(given))
    assert len(np.unique(outputs)) > 50
    write(tmp_path, report, circuit, given, outputs)
    assert json.loads((tmp_path / "report.json").read_text())["cycles"] == circuit.cycles > 3
    table = np.loadtxt(tmp_path / "vectors.csv", delimiter=",", skiprows=1)
    assert np.array_equal(table, np.concatenate([given, outputs], axis=1))
    assert (tmp_path / "verilog" / "trigger_wrapper.v").read_text() == circuit.files["trigger_wrapper.v"]


@pytest.mark.services
def test_a_circuit_that_differs_is_refused(verilator: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from analysis.studies.trigger.synthesis import synthesise as module

    def late(network: IntegerNetwork, settings: CircuitSettings) -> Circuit:
        found = design(network, settings)
        claimed = {name: text.replace("latency = 1", "latency = 2") for name, text in found.simulation.items()}
        assert claimed != found.simulation
        return replace(found, simulation=claimed)

    one = network((3, 1))
    monkeypatch.setattr(module, "design", late)
    with pytest.raises(StudyError, match=r"differs from the network for .* of 500 events: of event 0, it says"):
        synthesise(one, events(one), CircuitSettings(additions=99))
    monkeypatch.setattr(simulation, "MAIN", "no program")
    with pytest.raises(StudyError, match="the simulation of the circuit cannot be built"):
        synthesise(one, events(one), CircuitSettings(additions=99))
