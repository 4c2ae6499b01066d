from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.benchmarks.conftest import rows

pytest.importorskip("acts")
pytestmark = pytest.mark.release


def test_seeders_take_turns(benchmark: Callable[..., str]) -> None:
    printed = benchmark("tracking_seeds.py", "--vertices", "10", "--events", "2")
    (row,) = [one for one in rows(printed) if one[0] == "10"]
    assert len(row) == 6
    assert all(float(value) > 0 for value in row)


def test_parts_are_timed(benchmark: Callable[..., str]) -> None:
    printed = benchmark("tracking_seeds.py", "--profile", "--vertices", "10", "--events", "1")
    found = {row[0] for row in rows(printed)}
    assert {"pack", "doublets", "roads", "trials", "cells", "seeds", "whole"} <= found
