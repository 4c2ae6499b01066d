from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.benchmarks.conftest import rows


@pytest.mark.release
def test_the_engine_trains_it(benchmark: Callable[..., str]) -> None:
    """The peer, PyTorch, is not among the project's packages."""
    printed = benchmark("learning/recurrence.py", "--rounds", "1", "--peers", "erumflow", "--only", "GRU")
    assert [row[:2] for row in rows(printed)[1:]] == [["GRU 64", "erumflow"]]
