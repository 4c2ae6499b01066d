from __future__ import annotations

import importlib
from pathlib import Path

import pytest


@pytest.mark.long
def test_the_study_finds_what_minuit_finds(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The benchmark is of two ways to the same showers."""
    monkeypatch.syspath_prepend(repository / "benchmarks")
    benchmark = importlib.import_module("reconstruct_airshower")
    data = benchmark.prepare(300, tmp_path)
    benchmark.compare({way: run(data, data.raw[:40]) for way, run in benchmark.WAYS.items()})
