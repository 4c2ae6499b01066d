from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from analysis.events.identity import fold_of, identify
from analysis.learning.export.card import FOLDS, CardDataset, CardFeatures, ModelCard
from analysis.learning.export.exported import export
from analysis.learning.loss_settings import CrossEntropy
from analysis.learning.networks.dense_settings import DenseSettings

CARD = ModelCard(
    study="gaussians",
    title="Three normal distributions",
    record="gaussians/TrainModel/dense-0123",
    licence="BSD-3-Clause",
    datasets=(
        CardDataset("drawn", r"Drawn | $\mathcal{N}$", "simulated", 90_000, "CC0-1.0", "10.1234/5", "A. Author, 2020"),
        CardDataset("made", "Made here", "simulated", 100),
    ),
    features=(CardFeatures("event", (4,), (4,), ("x", "y", "z", "tail"), {"x": "GeV"}),),
    predictions=("one", "two", "three"),
    unit="",
    folds=3,
    network={"function": "analysis.learning.networks.dense:build", "hidden": [16]},
    training={"epochs": 2},
    metrics={"mean AUC": "0.75 +- 0.01"},
    differences={"ONNX": 2e-7, "StableHLO": 1e-7},
    use=("to tell three distributions apart",),
    limits=("for no other distributions",),
)


def test_says_everything_to_people_and_to_programs(tmp_path):
    markdown, description = tmp_path / "model_card.md", tmp_path / "model_card.json"
    CARD.save(markdown, description)
    text = markdown.read_text()
    for word in (
        *("gaussians/TrainModel/dense-0123", "BSD-3-Clause", "Three normal distributions", "90,000", "CC0-1.0"),
        *("doi:10.1234/5", "A. Author, 2020", "`x` (GeV)", "`tail`", "`event_present`", "0.75 +- 0.01", "2e-07"),
        *("to tell three distributions apart", "for no other distributions", "(3, n, 3)", r"Drawn \| $", FOLDS),
    ):
        assert word in text, word
    found = json.loads(description.read_text())
    assert found["datasets"][0]["licence"] == "CC0-1.0"
    assert found["features"][0]["units"] == {"x": "GeV"}
    assert found["folds_rule"] == FOLDS
    first = markdown.read_bytes(), description.read_bytes()
    CARD.save(markdown, description)
    assert (markdown.read_bytes(), description.read_bytes()) == first


def test_tables_are_tables():
    """Every row of a table has as many cells as its head."""
    for table in re.findall(r"(?:^\|.*\n)+", CARD.markdown(), flags=re.MULTILINE):
        rows = [len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()]
        assert len(rows) > 2
        assert len(set(rows)) == 1


def test_the_rule_of_the_folds_is_the_one_that_is_used():
    """What the card says in words, done in numbers."""
    identity = identify("drawn", 0, 1000)
    assert "floor((identity >> 32) * k / 2^32)" in FOLDS
    said = [((int(one) >> 32) * 3) // 2**32 for one in identity]
    assert np.array_equal(fold_of(identity, 3), said)


@pytest.fixture(scope="module")
def folder(draw, untrained, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("card")
    trained = untrained("dense", DenseSettings(hidden=(8,)), draw("particles"), CrossEntropy(), 1)
    export(trained, folder / "model.onnx", folder / "model.stablehlo", CARD.metadata())
    return folder


def test_metadata_is_in_the_onnx_model(folder):
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    assert session.get_modelmeta().custom_metadata_map == CARD.metadata()
    assert CARD.metadata()["predictions"] == "one, two, three"


def test_what_it_says_on_loading_works(folder):
    """The code on the card, as a stranger would paste it, in an interpreter that does not find this project."""
    snippets = re.findall(r"```python\n(.*?)```", CARD.markdown(), flags=re.DOTALL)
    assert len(snippets) == 2
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    for snippet in snippets:
        command = [sys.executable, "-I", "-W", "error", "-c", snippet]
        done = subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, "(3, 3, 2)\n"), done.stderr
