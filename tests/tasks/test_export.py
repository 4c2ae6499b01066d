"""Exported networks, as somebody gets them who has the files and nothing else."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.provenance.store import sha256_of
from tests.tasks.project import QUICK, Project, made

PAYLOAD = ("model.onnx", "model.stablehlo", "model_card.md", "model_card.json")


def digests(project: Project) -> dict[str, str]:
    (folder,) = (project.store / "htautau" / "ExportModel").iterdir()
    return {name: sha256_of(folder / name) for name in PAYLOAD}


@pytest.mark.long
def test_exported_networks_serve_without_the_project(rerun: Project):
    output = rerun.law("run", "ExportModel", *QUICK)
    assert {"EvaluateModel", "ExportModel"} <= set(made(output))
    (folder,) = (rerun.store / "htautau" / "ExportModel").iterdir()
    assert re.search(r"ONNX *agrees with the trained networks to [\de-]+", output)
    assert f"{folder}/model.onnx" in output

    card = json.loads((folder / "model_card.json").read_text())
    assert card["record"].startswith("htautau/TrainModel/dense-")
    assert (rerun.store / card["record"] / "manifest.json").is_file()
    assert {one["kind"] for one in card["datasets"]} == {"measured", "simulated"}
    assert all(one["licence"] == "CC0-1.0" and one["doi"] for one in card["datasets"])
    assert card["network"]["hidden"] == [8]
    assert card["training"]["epochs"] == 2
    assert any("GeV" in block["units"].values() for block in card["features"])
    assert max(card["differences"].values()) <= 1e-5
    text = (folder / "model_card.md").read_text()
    assert all(value in text for value in card["metrics"].values())

    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    for snippet in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL):
        command = [sys.executable, "-I", "-c", snippet]
        done = subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, f"(5, 3, {len(card['predictions'])})\n"), done.stderr
    for name in PAYLOAD:
        assert str(Path(rerun.folder)).encode() not in (folder / name).read_bytes()

    # cut into other chunks, with everything else as it was, the same bytes come out
    before = digests(rerun)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    rerun.law("run", "ExportModel", *QUICK, "--PrepareTraining-chunk-events", "5000")
    assert digests(rerun) == before
