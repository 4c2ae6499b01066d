from __future__ import annotations

import importlib
from pathlib import Path

import pytest


def test_the_study_makes_the_numbers_of_the_script_written_by_hand(
    repository: Path, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The benchmark is of two ways to the same columns."""
    monkeypatch.syspath_prepend(repository / "benchmarks")
    benchmark = importlib.import_module("calibrate_reconstruct")
    benchmark.enlarge(mirror, 15_000, tmp_path)
    benchmark.derive(mirror, tmp_path)
    for name, way in benchmark.WAYS.items():
        output = tmp_path / benchmark.folder_name(name)
        output.mkdir()
        assert way(tmp_path, output, 15_000, 6_000) > 0.0
    benchmark.compare(tmp_path, 15_000, list(benchmark.WAYS))
