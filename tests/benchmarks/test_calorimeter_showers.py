from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.benchmarks.conftest import rows

pytestmark = pytest.mark.release


def test_generation_is_faster_than_simulation(benchmark: Callable[..., str]) -> None:
    """The benchmark compares with shower theory before, and stops where that is far off."""
    printed = benchmark("calorimeter_showers.py", "--showers", "24", "--batches", "64", "--turns", "1")
    times = {row[0]: float(row[1]) for row in rows(printed) if len(row) == 3 and row[0]}
    assert set(times) == {"simulation", "flow, 64 at a time", "adversarial, 64 at a time"}
    assert max(time for name, time in times.items() if name != "simulation") < times["simulation"]
