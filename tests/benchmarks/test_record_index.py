from __future__ import annotations

from collections.abc import Callable


def test_the_index_finds_what_reading_finds(benchmark_here: Callable[..., str]) -> None:
    """The benchmark stops where it does not."""
    printed = benchmark_here("record_index.py", "--places", "60")
    assert float(printed.splitlines()[-1].removeprefix("ratio ")) > 0
