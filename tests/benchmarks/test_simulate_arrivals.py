from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.release


def test_the_study_finds_what_the_loop_finds(benchmark: Callable[..., str], mirror: Path) -> None:
    """The benchmark compares both before it prints, and stops where they differ."""
    pytest.importorskip("healpy")
    printed = benchmark("simulate_arrivals.py", "--mirror", str(mirror), "--skies", "20", "--looped", "2")
    names = [line.rpartition("skies/s")[0].rpartition(" ")[0] for line in printed.splitlines() if "skies/s" in line]
    assert sum(name.startswith("study") for name in names) == 3
    assert sum(name.startswith("loop") for name in names) == 2
