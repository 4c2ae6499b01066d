from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.benchmarks.conftest import rows


@pytest.mark.long
def test_the_study_records_what_the_loop_records(benchmark_here: Callable[..., str]) -> None:
    """The benchmark is of two ways to the same events, and stops where they differ."""
    printed = benchmark_here("simulate_airshower.py", "--showers", "40", "--loop", "40", "--rounds", "1")
    assert [row[0] for row in rows(printed)[1:]] == ["study", "loop"]
