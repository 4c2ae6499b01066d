from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest


def number(name: str, value: float, stat: tuple[float, float] | None) -> dict:
    return {"name": name, "title": name, "unit": "", "value": value, "stat": stat, "syst": None}


def test_shifts_are_in_units_of_the_statistical_uncertainty(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(repository / "benchmarks")
    benchmark = importlib.import_module("other_processors")
    before = [number("a", 1.0, (0.2, 0.1)), number("b", 2.0, (0.5, 0.5)), number("c", 3.0, None)]
    after = [number("a", 1.1, (0.2, 0.1)), number("b", 2.0, (0.5, 0.75)), number("c", 3.0, None)]
    assert benchmark.shifts(before, after) == pytest.approx({"a": 0.5, "b": 0.5, "c": 0.0})


@pytest.mark.release
def test_what_libraries_compute_again_is_the_same(benchmark: Callable[..., str]) -> None:
    printed = benchmark("other_processors.py", "--check", "--ways", "as_usual_again")
    assert printed.splitlines()[-1] == "| as_usual_again | none |"
