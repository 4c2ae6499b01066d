from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.mark.release
def test_status_is_asked_for_both_kinds_of_catalogues(benchmark: Callable[..., str]) -> None:
    """The benchmark stops where status is wrong."""
    assert benchmark("catalogue.py", "--files", "50", "--runs", "1").count("| status of all chunks, all ") == 2
