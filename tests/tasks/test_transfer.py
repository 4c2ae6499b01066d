"""The study ``transfer`` through the graph, with few showers: published networks, applied and tuned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.tasks.conftest import copied, made_once
from tests.tasks.project import Project, new_project

pytestmark = pytest.mark.long

EPOCHS = tuple(f"{name}.training.epochs=3" for name in ("tuned", "nothing_tenth", "nothing_all"))
FEW = ("--statistics", "small", "--set", ",".join(EPOCHS))
PUBLISHED = Path("analysis", "studies", "transfer", "airshower-1")


@pytest.fixture(scope="session")
def aged(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """After ``law run TrainModel`` of the tuned networks with few showers; not to be changed."""

    def make(folder: Path) -> None:
        new_project(repository, folder, "transfer", None).law("run", "TrainModel", *FEW)

    folder = made_once("aged", make, tmp_path_factory)
    return Project(folder / "project", folder / "store", None)


@pytest.mark.release
def test_tuned_networks_are_better_than_those_from_nothing(aged: Project, tmp_path: Path) -> None:
    compared = copied(aged, tmp_path)
    compared.law("run", "transfer.comparison", *FEW)
    (path,) = compared.store.glob("transfer/comparison/*/comparison.json")
    found: dict[str, Any] = json.loads(path.read_text())
    numbers = {one["name"]: one for one in found["numbers"]}
    assert all(one["note"] == "simulation" for one in numbers.values())
    assert numbers["resolution_published"]["value"] < 40.0
    assert numbers["resolution_tuned"]["value"] < 40.0
    gain = numbers["gain_tuned"]
    assert gain["value"] > 5 * gain["stat"][0] > 0


def test_frozen_layers_are_the_published_ones(aged: Project) -> None:
    (path,) = aged.store.glob("transfer/TrainModel/*/parameters.safetensors")
    tuned, published = load_file(path), load_file(aged.folder / PUBLISHED / "model.safetensors")
    assert tuned.keys() == published.keys()
    same = {name: tuned[name].tobytes() == published[name].tobytes() for name in tuned}
    assert {name.split(".")[1] for name, equal in same.items() if equal and name.startswith("params.")} == {"encoder"}
    assert not np.array_equal(tuned["params.output.kernel"], published["params.output.kernel"])
    # how features are standardised, and targets scaled
    assert all(same[name] for name in tuned if not name.startswith("params."))
