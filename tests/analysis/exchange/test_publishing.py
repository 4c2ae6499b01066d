"""Networks are published as folders that others use without the project, and versions follow each other."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from safetensors.numpy import load

from analysis.errors import DataError
from analysis.exchange.description import Capsule, Former
from analysis.exchange.folder import CARD, CRATE, CROISSANT, FILES, ONNX, PARAMETERS, SUMS, read
from analysis.exchange.publishing import publish, versions
from tests.analysis.exchange.small import NUMBERS, export_networks, material

# with what each of them cannot be imported without
ALONE = {
    "onnxruntime": ("onnxruntime", "numpy"),
    "jax": ("jax", "jaxlib", "flatbuffers", "ml_dtypes", "numpy", "opt_einsum", "scipy"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of small networks, as records hold them."""
    folder = tmp_path_factory.mktemp("made")
    export_networks(folder)
    return folder


@pytest.fixture(scope="module")
def folder(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Their first version, published."""
    found = publish(material(made), tmp_path_factory.mktemp("published"))
    assert found.new
    return found.folder.folder


def test_the_folder_has_all_that_it_says(folder: Path) -> None:
    assert folder.name == "depths-1"
    assert {path.name for path in folder.iterdir()} == {*FILES, SUMS}
    # readable for those who may read what this user writes elsewhere
    assert oct(folder.stat().st_mode & 0o777) == oct(0o777 & ~_umask())
    done = subprocess.run(["sha256sum", "--strict", "-c", SUMS], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    about = read(folder).description
    assert (about.name, about.version, about.replaces, about.folds) == ("depths", 1, None, 3)
    assert [(one.name, one.shape, one.dtype) for one in about.inputs] == [
        ("event", (3,), "float32"),
        ("event_present", (3,), "bool"),
    ]
    assert about.inputs[0].units == {"a": "GeV"}
    assert set(about.outputs[0].units.values()) == {"g/cm2"}
    assert {name.split(".")[0] for name in load((folder / PARAMETERS).read_bytes())} >= {"params"}


def test_the_card_has_numbers_with_uncertainties_and_how_they_were_measured(folder: Path) -> None:
    _, front, text = (folder / CARD).read_text().split("---\n", 2)
    told = yaml.safe_load(front)
    assert (told["license"], told["pipeline_tag"]) == ("bsd-3-clause", "tabular-regression")
    assert told["datasets"] == ["depths/measured", "depths/made"]
    assert "toy-observatory" in told["tags"]
    (model,) = told["model-index"]
    assert model["name"] == "depths-1"
    assert model["results"][0]["metrics"][0] == {
        "type": "resolution",
        "value": 21.5,
        "name": "resolution at 10 EeV",
        "args": {
            "unit": "g/cm2",
            "stat": [0.5, 0.5],
            "syst": [1.0, 1.5],
            "method": "width of a Gaussian",
            "note": "test",
        },
    }
    for word in (
        "To tell depths.",
        "Of no other showers.",
        "| 21.5 ± 0.5 (stat) −1.0 +1.5 (syst) g/cm2 |",
        "0123456789ab",
    ):
        assert word in text, word


@pytest.mark.parametrize(("number", "package"), [(0, "onnxruntime"), (1, "jax")])
def test_its_lines_run_with_one_package_alone(folder: Path, tmp_path: Path, number: int, package: str) -> None:
    snippet = re.findall(r"```python\n(.*?)```", (folder / CARD).read_text(), flags=re.DOTALL)[number]
    packages = Path(np.__file__).parents[1]
    for name in ALONE[package]:
        for path in (packages / name, packages / f"{name}.libs"):
            if path.exists():
                (tmp_path / path.name).symlink_to(path)
    code = f"import sys\nsys.path.append({str(tmp_path)!r})\n{snippet}"
    # -S: no other package is found
    command, kept = [sys.executable, "-I", "-S", "-c", code], os.environ | {"JAX_PLATFORMS": "cpu"}
    done = subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "(3, 3, 2)\n"), done.stderr


def test_data_and_networks_are_described_for_programs(folder: Path) -> None:
    data = json.loads((folder / CROISSANT).read_text())
    # what has no address for everybody, or no digest that the format knows, is not among the files
    assert [one["@id"] for one in data["distribution"]] == ["measured/a.root", "measured/d.root"]
    assert "/data/mine" not in (folder / CROISSANT).read_text()
    assert data["recordSet"][0]["data"][0]["datasets/files"] == 4
    graph = {one["@id"]: one for one in json.loads((folder / CRATE).read_text())["@graph"]}
    networks = graph[graph["./"]["mainEntity"]["@id"]]
    assert networks["@type"] == "MLModel"
    assert networks["trainedOn"] == [{"@id": "#data-measured"}, {"@id": "#data-made"}]
    number = graph["#metric-resolution"]
    assert (number["value"], number["unitText"]) == (21.5, "g/cm2")
    assert number["maxValue"] == pytest.approx(21.5 + np.hypot(0.5, 1.5))
    assert graph[ONNX]["sha256"] == read(folder).digests[ONNX]


def test_the_same_again_is_nothing_to_do_and_a_new_version_names_the_old(made: Path, tmp_path: Path) -> None:
    first = publish(material(made), tmp_path)
    again = publish(material(made), tmp_path)
    assert (again.new, again.folder) == (False, first.folder)
    better = material(made, numbers=(replace(NUMBERS[0], value=20.0),), capsule=Capsule("depths.zip", "4" * 64))
    second = publish(better, tmp_path)
    assert (second.new, second.folder.folder.name) == (True, "depths-2")
    assert second.folder.description.replaces == Former("depths", 1, first.folder.digest)
    assert first.folder.digest in second.folder.content(CARD).decode()
    assert "python3 depths.zip" in second.folder.content(CARD).decode()
    assert not publish(better, tmp_path).new
    # back again is a version as well
    third = publish(material(made), tmp_path)
    assert set(versions(tmp_path, "depths")) == {1, 2, 3}
    assert {path.name for path in tmp_path.iterdir()} == {"depths-1", "depths-2", "depths-3"}
    assert third.folder.digests[ONNX] == first.folder.digests[ONNX]


def test_nothing_half_written_is_left_and_damage_is_told(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish(material(made), tmp_path)

    def interrupted(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("analysis.exchange.publishing.crate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        publish(material(made, numbers=()), tmp_path)
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["depths-1"]
    (first.folder.folder / ONNX).write_bytes(b"")
    with pytest.raises(DataError, match=r"model\.onnx is damaged"):
        publish(material(made), tmp_path)
    with pytest.raises(DataError, match="cannot be written"):
        publish(material(made), first.folder.folder / ONNX)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
