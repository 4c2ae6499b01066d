from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.benchmarks.conftest import rows

pytest.importorskip("da4ml")
pytestmark = pytest.mark.release


def test_all_say_the_same(benchmark: Callable[..., str]) -> None:
    """The benchmark stops where one does not."""
    printed = benchmark("trigger_windows.py", "--windows", "2000", "--rounds", "1")
    _, *found = rows(printed)
    assert [row[0] for row in found] == ["the study, compiled", "the same in NumPy", "da4ml's emulator"]
    assert all(float(row[1].replace(",", "")) > 0 for row in found)
