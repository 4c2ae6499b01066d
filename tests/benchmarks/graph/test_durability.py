from __future__ import annotations

from collections.abc import Callable

from tests.benchmarks.conftest import rows


def test_records_are_written_with_and_without_fsync(benchmark_here: Callable[..., str]) -> None:
    printed = benchmark_here("graph/durability.py", "--records", "2", "--rounds", "1")
    assert [row[0] for row in rows(printed)[1:]] == ["with fsync", "without"]
