from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks.conftest import rows


@pytest.mark.release
def test_networks_and_trees_judge_the_same_events(mirror: Path, benchmark: Callable[..., str]) -> None:
    networks = ["--seeds", "1", "--change", "epochs=1", "--change", "folds=3"]
    trees = ["--settings", "1", "--trees", "2", "--allowed", "1"]
    printed = benchmark("learning_quality.py", "--mirror", str(mirror), *networks, *trees)
    assert [row[0] for row in rows(printed)[1:]] == ["higgs", "ztt", "zll", "w", "tt"]
