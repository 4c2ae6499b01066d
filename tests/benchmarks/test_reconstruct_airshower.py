from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.benchmarks.conftest import rows


@pytest.mark.release
def test_the_study_finds_what_minuit_finds(benchmark_here: Callable[..., str]) -> None:
    """The benchmark is of two ways to the same showers, and stops where they differ."""
    printed = benchmark_here("reconstruct_airshower.py", "--events", "300", "--loop", "40", "--rounds", "1")
    assert [row[0] for row in rows(printed)[1:]] == ["study", "event by event"]
