from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.benchmarks.conftest import rows


@pytest.mark.release
def test_all_peers_find_the_same_minimum(benchmark: Callable[..., str]) -> None:
    """The benchmark stops where one does not."""
    printed = benchmark("inference.py", "--rounds", "1", "--toys", "4", "--rows", "1")
    assert [row[0] for row in rows(printed)[1:]] == ["50"]
    assert "converged toys: 1.0000\n" in printed
