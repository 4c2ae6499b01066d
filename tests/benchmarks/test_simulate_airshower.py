from __future__ import annotations

import importlib
from pathlib import Path

import pytest


def test_the_study_records_what_the_loop_records(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The benchmark is of two ways to the same events."""
    monkeypatch.syspath_prepend(repository / "benchmarks")
    benchmark = importlib.import_module("simulate_airshower")
    benchmark.compare({way: run(40) for way, run in benchmark.WAYS.items()})
