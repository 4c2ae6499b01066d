"""The notebook in docs: it runs from an empty store, and shows what stands in it."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.notebook import NOTEBOOK, notebook_project, run

CELLS: list[dict[str, Any]] = json.loads(NOTEBOOK.read_text())["cells"]
CODE = [cell for cell in CELLS if cell["cell_type"] == "code"]


def test_it_can_be_read_and_is_small():
    assert json.loads(NOTEBOOK.read_text())["nbformat"] == 4
    assert [cell["execution_count"] for cell in CODE] == list(range(1, len(CODE) + 1))
    assert NOTEBOOK.stat().st_size < 100_000
    # no folder of a machine, and nothing that is another one tomorrow
    assert not re.search(r"/(tmp|work|home|root)/|\b20\d\d-\d\d-\d\d|UTC", NOTEBOOK.read_text())
    for link in re.findall(r"\]\(([^)#:]+)\)", "".join("".join(cell["source"]) for cell in CELLS)):
        assert (NOTEBOOK.parent / link).exists(), link


@pytest.mark.long
def test_it_runs_and_shows_what_it_says(repository: Path, mirror: Path, tmp_path: Path):
    found = run(CELLS, notebook_project(repository, tmp_path, mirror))
    assert len(found) == len(CODE) > 8
    for cell, outputs in zip(CODE, found, strict=True):
        assert _without_images(outputs) == _without_images(cell["outputs"]), "".join(cell["source"])


def _without_images(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same with a word for each image, whose bytes belong to a version of a library."""
    told = []
    for output in outputs:
        data = dict(output.get("data", {}))
        for kind in [kind for kind in data if kind.startswith("image/")]:
            assert base64.b64decode(data[kind]).startswith(b"\x89PNG")
            data[kind] = "an image"
        told.append({**output, "data": data})
    return told
