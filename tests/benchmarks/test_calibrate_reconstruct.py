from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks.conftest import rows


@pytest.mark.release
def test_the_study_makes_the_numbers_of_the_script_written_by_hand(mirror: Path, benchmark: Callable[..., str]) -> None:
    """The benchmark is of ways to the same columns (handwritten_htautau.py), and stops where they differ."""
    size = ["--events", "15000", "--chunk", "6000", "--rounds", "1"]
    printed = benchmark("calibrate_reconstruct.py", "--mirror", str(mirror), *size)
    assert [row[0] for row in rows(printed)[1:]][:1] == ["study"]
    assert len(rows(printed)[1:]) == 3
