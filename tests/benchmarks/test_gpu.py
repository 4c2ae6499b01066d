from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from flax import nnx

from tests.benchmarks.conftest import rows
from tests.benchmarks.learning_alone import hidden_modules, run_alone

PARTS = ("peaks", "mlp", "edgeconv", "generators", "folds", "seeds", "networks", "agreement")


@pytest.mark.release
def test_needs_nothing_but_what_networks_are_trained_with(repository: Path, tmp_path: Path) -> None:
    script, file = repository / "benchmarks" / "gpu.py", tmp_path / "gpu.json"
    printed = run_alone(script, "--small", "--networks", "dense", "--seconds", "1e6", "--output", str(file))
    found = json.loads(file.read_text())
    assert found["device"] == "cpu"
    assert "say nothing of a GPU" in printed
    lines = {name: part["lines"] for name, part in found["parts"].items()}
    assert tuple(lines) == PARTS
    assert all(lines.values())
    assert all(line["value"] > 0 for name in PARTS[:-1] for line in lines[name])
    # the same device twice
    assert [line["value"] for line in lines["agreement"]] == [0, 0]
    titles = [row[0] for row in rows(printed)]
    assert [title for title in titles if title in PARTS] == list(PARTS)
    assert len(titles) == sum(map(len, lines.values())) + len(PARTS)


def test_hides_what_is_no_part_of_learning(tmp_path: Path) -> None:
    hidden = hidden_modules()
    assert hidden > {"law", "luigi", "awkward", "sklearn", "uproot", "pytest"}
    # JAX requires SciPy
    assert not hidden & {"jax", "flax", "optax", "numpy", "safetensors", "scipy", "analysis"}
    script = tmp_path / "script.py"
    script.write_text("import numpy\nimport awkward\n")
    assert "no module named 'awkward': it is no part of learning" in run_alone(script, fails=True)


@pytest.fixture
def modules(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Imports a module of benchmarks/on_gpu."""
    for folder in ("learning", "on_gpu"):
        monkeypatch.syspath_prepend(repository / "benchmarks" / folder)
    return importlib.import_module


def test_every_network_is_measured_on_events_of_its_shape(repository: Path, modules: Any) -> None:
    folder = repository / "analysis" / "learning" / "networks"
    networks = {file.stem for file in folder.glob("*.py") if "\ndef build(" in file.read_text()}
    cases = modules("cases").CASES
    assert {case.name for case in cases} == networks
    for case in cases:
        events = case.events()
        model = nnx.eval_shape(lambda case=case: case.build(nnx.Rngs(params=0, dropout=0)))
        outputs = nnx.eval_shape(lambda model, *inputs: model(*inputs), model, events.shared, events.present)
        assert outputs.shape == (case.batch, case.outputs), case.name


def test_operations_of_products_in_loops(modules: Any) -> None:
    def function(matrix: jax.Array, rows: jax.Array) -> jax.Array:
        unused = matrix @ matrix
        return jax.lax.scan(lambda held, row: (held @ matrix, unused.sum()), rows, None, length=7)[0]

    work = modules("products").count_products(function, jnp.ones((4, 4)), jnp.ones((3, 4)))
    assert work.operations == 7 * 2 * 3 * 4 * 4
    assert work.moved == 7 * 4 * (2 * 3 * 4 + 4 * 4)
